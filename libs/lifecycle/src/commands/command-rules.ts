import {
  type Actor,
  type InstanceRecord,
  isLifetimeOver,
  lifetimeEndsAt,
  type StoredInstance,
  type UpdateResult,
} from '@app/instance-store';
import { Problem, timestampFromMs } from '@app/platform';
import { type LifecycleProblemCode, lifecycleProblems } from '../problems/lifecycle.problems.js';
import type { LifecyclePolicy } from '../state-machine/model.js';
import { withDesiredState } from '../state-machine/transitions.js';
import type { RunCommand } from './instance-commands.js';

/*
 * The rules that commands share: which command which state allows, and the rejections that any of them may answer.
 */

/** Why a command is rejected. */
export type CommandRejection = Extract<
  LifecycleProblemCode,
  'not-adopted' | 'instance-terminated' | 'instance-busy' | 'instance-not-running' | 'lifetime-over'
>;

/**
 * What a command would come to: it is carried out, it is so already, or it is rejected for this reason. Pure; what a command
 * does, and what a preview of it says, follow from it alone.
 *
 * @param now epoch milliseconds
 */
export function effectOf(
  record: InstanceRecord,
  command: RunCommand,
  now: number,
): 'accepted' | 'already' | CommandRejection {
  if (record.origin === 'discovered') return 'not-adopted';
  switch (command) {
    case 'start':
      return (
        rejectionWhileLeaving(record) ?? (record.desired.state === 'running' ? 'already' : effectOfRun(record, now))
      );
    case 'stop':
      return rejectionWhileLeaving(record) ?? (record.desired.state === 'stopped' ? 'already' : 'accepted');
    case 'restart':
      return rejectionWhileLeaving(record) ?? effectOfRestart(record, now);
    case 'delete':
      if (record.status === 'migrating') return 'instance-busy';
      return record.status === 'terminated' || record.desired.state === 'deleted' ? 'already' : 'accepted';
  }
}

/** What would run is stopped again at once when its lifetime is over. */
function effectOfRun(record: InstanceRecord, now: number): 'accepted' | CommandRejection {
  return isLifetimeOver(record, now) ? 'lifetime-over' : 'accepted';
}

function effectOfRestart(record: InstanceRecord, now: number): 'accepted' | 'already' | CommandRejection {
  if (record.restartRequestedAt !== null) return 'already';
  switch (record.status) {
    case 'running':
    case 'health_checking':
    case 'ready':
      return effectOfRun(record, now);
    case 'restarting':
      return 'already';
    case 'stopped':
    case 'failed':
      return 'instance-not-running';
    case 'creating':
    case 'created':
    case 'starting':
    case 'stopping':
    case 'migrating':
    case 'deleting':
    case 'terminated':
      return 'instance-busy';
  }
}

function rejectionWhileLeaving({ status, desired }: InstanceRecord): CommandRejection | null {
  if (status === 'terminated') return 'instance-terminated';
  return desired.state === 'deleted' || status === 'deleting' || status === 'migrating' ? 'instance-busy' : null;
}

/**
 * Applies a command to a record: the record under the new desired state, or the same one when it is so already.
 *
 * @throws Problem for a command that the present state does not allow
 */
export function applyCommand(
  record: InstanceRecord,
  command: RunCommand,
  by: Actor,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const effect = effectOf(record, command, now);
  if (effect === 'already') return record;
  if (effect !== 'accepted') throw rejection(effect, record, command);
  switch (command) {
    case 'start': {
      const status = record.novitaInstanceId === null ? 'creating' : 'starting';
      return { ...withDesiredState(record, 'running', by, now, policy), status };
    }
    case 'stop':
      return { ...withDesiredState(record, 'stopped', by, now, policy), status: 'stopping' };
    case 'restart': {
      const next = withDesiredState(record, 'running', by, now, policy);
      return { ...next, status: 'restarting', restartRequestedAt: timestampFromMs(now) };
    }
    case 'delete':
      return { ...withDesiredState(record, 'deleted', by, now, policy), status: 'deleting' };
  }
}

function rejection(code: CommandRejection, record: InstanceRecord, command: RunCommand): Problem {
  return new Problem(lifecycleProblems[code], {
    detail: `cannot ${command} instance ${record.id}: ${reasonOf(code, record)}`,
    extensions: { instanceStatus: record.status, instanceId: record.id, novitaInstanceId: record.novitaInstanceId },
    ...(code === 'not-adopted' && record.novitaInstanceId !== null
      ? { suggestion: `Adopt it first: POST /api/v1/orphans/${record.novitaInstanceId}/adopt` }
      : {}),
  });
}

function reasonOf(code: CommandRejection, record: InstanceRecord): string {
  if (code === 'lifetime-over') return `its lifetime ended at ${lifetimeEndsAt(record) ?? 'an unknown time'}`;
  return `it is ${record.origin === 'discovered' ? 'made elsewhere' : record.status}`;
}

export function notFound(ref: string): Problem {
  const detail = `there is no instance "${ref.slice(0, 300)}"`;
  return new Problem(lifecycleProblems['instance-not-found'], { detail });
}

/** The record after an update. @throws Problem `instance-not-found` */
export function storedOf(result: UpdateResult, ref: string): StoredInstance {
  if (result.outcome === 'missing') throw notFound(ref);
  return result.stored;
}

/** @throws Problem `revision-mismatch` */
export function checkRevision(current: number, wanted: number | undefined): void {
  if (wanted === undefined || current === wanted) return;
  throw new Problem(lifecycleProblems['revision-mismatch'], {
    detail: `the instance is at revision ${current}, not ${wanted}`,
    extensions: { revision: current },
  });
}
