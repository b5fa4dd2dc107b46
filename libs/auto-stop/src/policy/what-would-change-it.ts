import { type IdleExemption, type InstanceRecord, isStartingUp, lifetimeEndsAt } from '@app/instance-store';
import type { IdleRule } from './idle-policy.js';

const routeOf = (record: InstanceRecord, rest = ''): string => `/api/v1/instances/${record.id}${rest}`;

/** What somebody could do about a decision, and about the end of its lifetime, a sentence each. */
export function whatWouldChangeIt(
  record: InstanceRecord,
  rule: IdleRule,
  exemption: IdleExemption | null,
): readonly string[] {
  return [...changesOfRule(record, rule, exemption), ...lifetimeChanges(record)];
}

function lifetimeChanges(record: InstanceRecord): readonly string[] {
  const endsAt = lifetimeEndsAt(record);
  if (endsAt === null || record.status === 'terminated') return [];
  return [
    `PATCH ${routeOf(record)} (If-Match: *) with {"maxLifetimeMinutes": …} moves the end of its lifetime, ${endsAt}, which no use and no lease moves; null removes it.`,
  ];
}

function changesOfRule(record: InstanceRecord, rule: IdleRule, exemption: IdleExemption | null): readonly string[] {
  if (exemption !== null) return exemptChanges(record, exemption);
  switch (rule) {
    case 'exempt':
      return [];
    case 'leased':
      return [
        `DELETE ${routeOf(record, '/lease')} ends the lease; its idle time begins then.`,
        `PUT ${routeOf(record, '/lease')} replaces the lease by a longer or a shorter one.`,
      ];
    case 'used-lately':
    case 'warning-due':
    case 'idle-too-long':
      return waysToKeep(record);
    case 'held':
      return [
        'An answer of 2xx to `instance.stop_pending` from each endpoint that holds its stop: it is stopped then.',
        `POST ${routeOf(record, '/stop')} stops it now.`,
        ...waysToKeep(record),
      ];
    case 'picture-too-old':
      return ['Novita showing that it runs: POST /api/v1/instances/sync reads the fleet anew.', ...waysToKeep(record)];
    case 'suspended':
      return ['A sync that completes: POST /api/v1/instances/sync reads the fleet anew.', ...waysToKeep(record)];
    case 'utilisation-unknown':
      return [
        "Novita giving figures of the GPU's utilisation again, or AUTO_STOP_GPU_SIGNAL=false for the installation.",
        ...waysToKeep(record),
      ];
  }
}

function waysToKeep(record: InstanceRecord): readonly string[] {
  return [
    `PUT ${routeOf(record, '/last-used')} says that it is in use; its idle time begins anew.`,
    `PUT ${routeOf(record, '/lease')} with {"minutes": 60, "reason": "…"} declares it busy for that long.`,
    `PATCH ${routeOf(record)} (If-Match: *) with {"autoStop": {"thresholdMinutes": 120}} lets it stand unused for longer, with {"autoStop": {"enabled": false}} for ever.`,
  ];
}

function exemptChanges(record: InstanceRecord, exemption: IdleExemption): readonly string[] {
  switch (exemption) {
    case 'switched-off-for-all':
      return ['AUTO_STOP_ENABLED=true for the installation.'];
    case 'switched-off-for-this-one':
      return [
        `PATCH ${routeOf(record)} (If-Match: *) with {"autoStop": {"enabled": true}} has it stopped when it is idle.`,
      ];
    case 'switched-off-for-its-template':
      return [
        `PATCH ${routeOf(record)} (If-Match: *) with {"autoStop": {"enabled": true}} has this one stopped when it is idle.`,
        `A time instead of off for template ${record.spec.templateId ?? ''} in AUTO_STOP_TEMPLATE_THRESHOLDS.`,
      ];
    case 'made-elsewhere':
      return record.novitaInstanceId === null
        ? ['Its adoption.']
        : [`POST /api/v1/orphans/${record.novitaInstanceId}/adopt makes it one of ours.`];
    case 'billed-monthly':
      return ['Nothing: an instance that is paid by the month would cost the same when it is stopped.'];
    case 'not-ready':
      return isStartingUp(record.status)
        ? ['Its being ready: its idle time begins then.']
        : record.status === 'stopped' || record.status === 'failed'
          ? [`POST ${routeOf(record, '/start')} starts it; its idle time begins when it is ready.`]
          : [];
    case 'not-wished-to-run':
      return [`POST ${routeOf(record, '/start')} keeps it running.`];
  }
}
