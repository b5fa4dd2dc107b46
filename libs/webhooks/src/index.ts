export { DeliverWebhooksProcessor } from './deliver/deliver-webhooks.processor.js';
export { DeliveryHints } from './deliver/delivery-hints.js';
export { WebhookDeliveries } from './deliver/webhook-deliveries.js';
export { WebhookTest } from './deliver/webhook-test.js';
export {
  type EndpointChange,
  type NewEndpoint,
  type SecretRotation,
  WebhookEndpoints,
} from './endpoints/webhook-endpoints.js';
export * from './model/delivery.js';
export * from './model/endpoint.js';
export * from './model/secrets.js';
export { SettingSecrets, WebhookOptions, webhookOptionsOf } from './model/webhook-options.js';
export * from './model/webhook-sender.port.js';
export { webhookProblems } from './model/webhooks.problems.js';
export { WebhookSettings } from './model/webhooks.settings.js';
export { holdViolation } from './plan/holding.js';
export { type AddressRules, addressRulesOf, webhookUrlViolation } from './send/address-guard.js';
export { messageHeaders } from './send/signature.js';
export { DeliveryLog, type DeliveryPage, type ReplayReport } from './store/delivery-log.port.js';
export { memoryWebhookStore } from './store/webhook-store.js';
export { WebhooksModule, WebhooksWorkerModule } from './webhooks.module.js';
