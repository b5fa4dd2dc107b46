import type { InstanceRecord, PortProbe } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { instanceError, type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import { backOffMs, firstPollMs, isPastStartup, type LifecyclePolicy, probeIntervalMs } from './model.js';
import { asFailed, asReady, settle, wakeAt, withStartupBy } from './transitions.js';

/*
 * The changes of a record after a step: a command that was accepted or refused, a duplicate that was ended, a round of
 * probes. The outcome of a create is in crash-safe-create.ts.
 */

export type CommandKind = 'start' | 'stop' | 'restart' | 'delete';

/** The provider accepted the command. The next observation shows what came of it. */
export function applyCommandAccepted(
  record: InstanceRecord,
  command: CommandKind,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const accepted = wakeAt({ ...record, attempts: { ...record.attempts, faults: 0 } }, now + firstPollMs(policy));
  switch (command) {
    case 'start':
    case 'restart': {
      const settled = { ...accepted, restartRequestedAt: null };
      // Progress: the time of the run begins anew, once; a start that is accepted again and again is no progress.
      return record.attempts.commands > 1 ? settled : withStartupBy(settled, now, policy);
    }
    case 'stop':
    case 'delete':
      return accepted;
  }
}

/**
 * The command failed. Nothing more is concluded: the next observation shows whether it took effect all the same. A stop
 * or a delete is repeated for ever; a start is given up when repeating it cannot help.
 */
export function applyCommandError(
  record: InstanceRecord,
  command: CommandKind,
  error: ProviderError,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const faults = record.attempts.faults + 1;
  const at = timestampFromMs(now);
  const code = problemCodeOf(error.kind);
  // The wrong state, or a machine that is gone, is no error: the observation that follows handles either.
  const harmless = error.kind === 'invalid-state' || error.kind === 'not-found';
  const keepsError = harmless || record.status === 'failed';
  const refused: InstanceRecord = {
    ...record,
    lastError: keepsError ? record.lastError : instanceError(code, error.message, at),
    attempts: { ...record.attempts, faults },
  };
  const pause = Math.min(backOffMs(policy, faults), policy.pollIntervalMs);
  const later = wakeAt(refused, now + Math.max(pause, error.retryAfterMs ?? 0));
  const hopeless = !harmless && !error.effectUnknown && error.kind !== 'rate-limited' && error.kind !== 'circuit-open';
  if (!hopeless) return later;
  switch (command) {
    case 'stop':
    case 'delete':
      return later;
    case 'restart':
      return { ...later, restartRequestedAt: null, lastError: instanceError('restart-refused', error.message, at) };
    case 'start':
      return asFailed(refused, code === 'provider-refused' ? 'startup-failed' : code, error.message, now, policy);
  }
}

/** A stop or delete of a duplicate was sent, or will be sent again; either way the record says that there was one. */
export function applyDuplicate(record: InstanceRecord, target: NovitaInstanceId, now: number): InstanceRecord {
  const message = `Novita made the instance more than once: ${record.novitaInstanceId} is kept, ${target} is not`;
  return { ...record, lastError: instanceError('duplicate-at-provider', message, timestampFromMs(now)) };
}

/**
 * Takes a round of probes into the record. It counts only together with the provider's own "running" for this instance
 * in the same pass: an address alone may have gone to another machine.
 *
 * @param probes one for each port of the spec
 * @param observedAt when the provider was asked in this pass
 */
export function applyProbes(
  record: InstanceRecord,
  probes: readonly PortProbe[],
  observedAt: Timestamp,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const probed = { ...record, probes, attempts: { ...record.attempts, faults: 0 } };
  const silent = probes.filter(({ ok }) => !ok);
  if (silent.length === 0) {
    return settle(asReady(probed, timestampFromMs(now)), now, policy, 'every port answers').record;
  }
  if (isPastStartup(record, now)) {
    const ports = silent.map(({ port, protocol, detail }) => `${port}/${protocol}: ${detail}`).join('; ');
    const message = `It runs since ${record.timestamps.started ?? observedAt}, but ${ports}`;
    return asFailed(probed, 'health-check-timeout', message, now, policy);
  }
  return wakeAt(probed, now + probeIntervalMs(policy));
}
