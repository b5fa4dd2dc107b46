import { type IdleExemption, type IdleRules, type InstanceRecord, idleCounting } from '@app/instance-store';

type From = 'instance' | 'template' | 'fleet';

/** What auto-stop goes by for one instance, and who said so, whatever the instance does at present. */
export interface AutoStopInForce {
  readonly enabled: boolean;
  readonly enabledFrom: From;
  readonly thresholdMs: number;
  readonly thresholdFrom: From;
  readonly warningMs: number;
}

/**
 * The store's own rule says it, asked about the instance as if it ran: so nothing can be shown here that would not be
 * done.
 */
export function autoStopInForce(record: InstanceRecord, rules: IdleRules): AutoStopInForce {
  const running: InstanceRecord = {
    ...record,
    origin: 'managed',
    status: 'ready',
    desired: { ...record.desired, state: 'running' },
    spec: { ...record.spec, billingMode: 'onDemand' },
  };
  const switchedOn = { ...running, autoStop: { ...running.autoStop, enabled: true } };
  const ifOn = idleCounting(switchedOn, { ...rules, enabled: true });
  if (!ifOn.counts) throw new Error(`idle time has no rule for ${record.id}: ${ifOn.why}`);
  const { thresholdMs, thresholdFrom, warningMs } = ifOn.clock;
  const counting = idleCounting(running, rules);
  const offFrom = counting.counts ? null : SWITCHED_OFF_BY[counting.why];
  // A time of its own is a word of its own.
  const ownWord = record.autoStop.enabled === true || thresholdFrom === 'instance';
  return {
    enabled: offFrom === null,
    enabledFrom: offFrom ?? (ownWord ? 'instance' : 'fleet'),
    thresholdMs,
    thresholdFrom,
    warningMs,
  };
}

/** Null for what says nothing about a switch, and is never met with one that runs. */
const SWITCHED_OFF_BY: Readonly<Record<IdleExemption, From | null>> = {
  'switched-off-for-all': 'fleet',
  'switched-off-for-this-one': 'instance',
  'switched-off-for-its-template': 'template',
  'made-elsewhere': null,
  'billed-monthly': null,
  'not-ready': null,
  'not-wished-to-run': null,
};
