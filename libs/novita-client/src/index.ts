export { type CallObserver, type ExchangeOutcome } from './call-observer.js';
export * from './novita.errors.js';
export * from './novita-api.port.js';
export {
  createNovitaClient,
  DEFAULT_CALL_POLICIES,
  type NovitaClient,
  type NovitaClientOptions,
  type NovitaClientParts,
} from './novita-client.js';
export { NovitaClientModule } from './novita-client.module.js';
export { type CircuitView, NovitaHealth } from './novita-health.port.js';
export * from './novita-types.js';
