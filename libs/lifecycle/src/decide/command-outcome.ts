import type { InstanceRecord } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { instanceError, type ProviderFault, problemCodeOf } from '../problems/provider-fault.js';
import { wakeAt } from './decision.js';
import { failed } from './endings.js';
import { backOffMs, firstLookMs, type LifecyclePolicy } from './policy.js';

export type CommandKind = 'start' | 'stop' | 'restart' | 'delete';

/** The provider took the command. What it made of it is for the next look to say. */
export function noteCommandTaken(
  record: InstanceRecord,
  command: CommandKind,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const taken = wakeAt({ ...record, attempts: { ...record.attempts, faults: 0 } }, now + firstLookMs(policy));
  switch (command) {
    case 'start':
    case 'restart': {
      // Progress: the patience of the run begins anew, once; a start that is taken again and again is not progress.
      if (record.attempts.commands > 1) return { ...taken, restartRequestedAt: null };
      const startupBy = timestampFromMs(now + policy.startupTimeoutMs);
      return { ...taken, restartRequestedAt: null, deadlines: { ...taken.deadlines, startupBy } };
    }
    case 'stop':
    case 'delete':
      return taken;
  }
}

/**
 * The command failed. Nothing is believed of it but that: the next look tells whether it took effect all the same. A
 * stop or a delete is repeated for ever; a start is given up when repeating it cannot help.
 */
export function noteCommandRefused(
  record: InstanceRecord,
  command: CommandKind,
  fault: ProviderFault,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const faults = record.attempts.faults + 1;
  const at = timestampFromMs(now);
  const code = problemCodeOf(fault.kind);
  // The wrong state, or a machine that is gone, is no fault: the look that follows deals with either.
  const harmless = fault.kind === 'invalid-state' || fault.kind === 'not-found';
  const keepsError = harmless || record.status === 'failed';
  const refused: InstanceRecord = {
    ...record,
    lastError: keepsError ? record.lastError : instanceError(code, fault.message, at),
    attempts: { ...record.attempts, faults },
  };
  const pause = Math.min(backOffMs(policy, faults), policy.pollIntervalMs);
  const later = wakeAt(refused, now + Math.max(pause, fault.retryAfterMs ?? 0));
  const hopeless = !harmless && !fault.effectUnknown && fault.kind !== 'rate-limited' && fault.kind !== 'circuit-open';
  if (!hopeless) return later;
  switch (command) {
    case 'stop':
    case 'delete':
      return later;
    case 'restart':
      return { ...later, restartRequestedAt: null, lastError: instanceError('restart-refused', fault.message, at) };
    case 'start':
      return failed(refused, code === 'provider-refused' ? 'startup-failed' : code, fault.message, now, policy);
  }
}

/** A surplus instance was told to go away, or is to be told again; either way the record says that there was one. */
export function noteSurplus(record: InstanceRecord, target: NovitaInstanceId, now: number): InstanceRecord {
  const message = `Novita made the instance more than once: ${record.novitaInstanceId} is kept, ${target} is not`;
  return { ...record, lastError: instanceError('duplicate-at-provider', message, timestampFromMs(now)) };
}
