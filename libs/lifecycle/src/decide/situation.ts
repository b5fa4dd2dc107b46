import type { InstanceRecord } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import type { Sight } from './observation.js';
import { backOffMs, type LifecyclePolicy } from './policy.js';

/** All that a decision rests on, once there is something to see. */
export interface Situation<Seen extends Sight = Sight> {
  /** As it was before the look. */
  readonly before: InstanceRecord;
  /** With what the look told; the base of what is written. */
  readonly record: InstanceRecord;
  readonly seen: Seen;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: LifecyclePolicy;
}

/**
 * Whether an absence proves that the instance is gone. Straight after a create the provider may not show yet what it
 * has made, so its denial counts only when we have seen the instance before or the grace has passed.
 */
export function isProvenGone({ before, seen, policy }: Situation): boolean {
  if (before.source !== 'command' || before.observedAt === null) return true;
  return msFromTimestamp(seen.at) >= msFromTimestamp(before.observedAt) + policy.createRetryGraceMs;
}

/** Whether the start-up has used up its time. A run that a person began at the provider is never given up. */
export function isPastStartup(record: InstanceRecord, now: number): boolean {
  const by = record.desired.by === 'console' ? undefined : record.deadlines.startupBy;
  return by !== undefined && msFromTimestamp(by) <= now;
}

/** Whether a command may be sent (again): at once when the provider's word has changed, else after the back-off. */
export function commandDue({ before, record, now, policy }: Situation): boolean {
  return before.novitaStatus !== record.novitaStatus || commandDueInMs(record, now, policy) <= 0;
}

/** Until the back-off of the last command is over; not positive when it is. */
export function commandDueInMs(record: InstanceRecord, now: number, policy: LifecyclePolicy): number {
  const { commands, lastCommandAt } = record.attempts;
  if (commands === 0 || lastCommandAt === null) return 0;
  return msFromTimestamp(lastCommandAt) + backOffMs(policy, commands) - now;
}

/** The intent to send one more command, counted before it is sent. */
export function countCommand(record: InstanceRecord, now: number): InstanceRecord {
  const { attempts } = record;
  return {
    ...record,
    attempts: { ...attempts, commands: attempts.commands + 1, lastCommandAt: timestampFromMs(now) },
  };
}

/** Whether this run had got anywhere before the present look. */
export function hadProgressed(before: InstanceRecord): boolean {
  if (before.novitaStatus === null) return false;
  const phase = phaseOf(before.novitaStatus);
  return phase !== 'down' && phase !== 'going-down' && phase !== 'unknown';
}

/** Whether what is to be done for it ends a bill: it is to stop or to go, and the provider has not agreed yet. */
export function endsBill({ desired, confirmedAt }: Pick<InstanceRecord, 'desired' | 'confirmedAt'>): boolean {
  return desired.state !== 'running' && confirmedAt === null;
}
