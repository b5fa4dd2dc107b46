import type { BillingMode } from '../catalogue/gpu-products.js';
import { MONTH_MS } from './create-instance.js';
import { optionalFlag, optionalInteger, requiredInteger, texts } from './fields.js';
import { subject } from './instance-commands.js';
import { type Answer, type ApiContext, type ApiRequest, findInstance, json } from './operation.js';
import { invalidParameter, Refusal } from './refusal.js';

export function renewInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  const months = requiredInteger(request.body, 'month', { min: 1 });
  if (['toCreate', 'creating', 'pulling'].includes(record.status)) {
    throw new Refusal(400, 'CREATING_INSTANCE_NOT_SUPPORT_RENEWAL', 'instance is being created');
  }
  requireMonthly(record.spec.billingMode);
  world.change(record, () => (record.endsAt += months * MONTH_MS));
  return json({});
}

export function convertToMonthly(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  const months = requiredInteger(request.body, 'month', { min: 1 });
  if (record.spec.billingMode !== 'onDemand') {
    throw new Refusal(400, 'UNSUPPORTED_BILLING_MODE', 'only pay-as-you-go instances can be converted');
  }
  world.change(record, () => {
    record.spec = { ...record.spec, billingMode: 'monthly' };
    record.endsAt = Math.floor(world.clock.realNow()) + months * MONTH_MS;
  });
  return json({});
}

export function setAutoRenew({ body }: ApiRequest, { world }: ApiContext): Answer {
  const on = optionalFlag(body, 'autoRenew');
  if (on === null) throw invalidParameter('autoRenew is required');
  optionalInteger(body, 'autoRenewMonth', { min: 1, max: 12 });
  const records = texts(body, 'instanceIds', 1_000).map((id) => findInstance(world, id));
  for (const record of records) requireMonthly(record.spec.billingMode);
  for (const record of records) record.autoRenew = on;
  return json({});
}

export function setAutoMigrate(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  const on = optionalFlag(request.body, 'autoMigrateOpen');
  if (on === null) throw invalidParameter('autoMigrateOpen is required');
  record.autoMigrate = on;
  return json({});
}

function requireMonthly(mode: BillingMode): void {
  if (mode !== 'monthly') throw new Refusal(400, 'UNSUPPORTED_BILLING_MODE', 'not a subscription');
}
