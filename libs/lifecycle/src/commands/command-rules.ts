import type { Actor, InstanceRecord, StoredInstance, UpdateResult } from '@app/instance-store';
import { Problem, timestampFromMs } from '@app/platform';
import { type LifecycleProblemCode, lifecycleProblems } from '../problems/lifecycle.problems.js';
import type { LifecyclePolicy } from '../state-machine/model.js';
import { withDesiredState } from '../state-machine/transitions.js';
import type { RunCommand } from './instance-commands.js';

/*
 * The rules that commands share: which command which state allows, and the rejections that any of them may answer.
 */

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
  if (record.origin === 'discovered') throw rejection('not-adopted', record, command);
  switch (command) {
    case 'start':
      return start(record, by, now, policy);
    case 'stop':
      return stop(record, by, now, policy);
    case 'restart':
      return restart(record, by, now, policy);
    case 'delete':
      return remove(record, by, now, policy);
  }
}

function start(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  rejectWhileLeaving(record, 'start');
  if (record.desired.state === 'running') return record;
  const status = record.novitaInstanceId === null ? 'creating' : 'starting';
  return { ...withDesiredState(record, 'running', by, now, policy), status };
}

function stop(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  rejectWhileLeaving(record, 'stop');
  if (record.desired.state === 'stopped') return record;
  return { ...withDesiredState(record, 'stopped', by, now, policy), status: 'stopping' };
}

function restart(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  rejectWhileLeaving(record, 'restart');
  if (record.restartRequestedAt !== null) return record;
  switch (record.status) {
    case 'running':
    case 'health_checking':
    case 'ready': {
      const next = withDesiredState(record, 'running', by, now, policy);
      return { ...next, status: 'restarting', restartRequestedAt: timestampFromMs(now) };
    }
    case 'restarting':
      return record;
    case 'stopped':
    case 'failed':
      throw rejection('instance-not-running', record, 'restart');
    case 'creating':
    case 'created':
    case 'starting':
    case 'stopping':
    case 'migrating':
    case 'deleting':
    case 'terminated':
      throw rejection('instance-busy', record, 'restart');
  }
}

function remove(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  if (record.status === 'migrating') throw rejection('instance-busy', record, 'delete');
  if (record.status === 'terminated' || record.desired.state === 'deleted') return record;
  return { ...withDesiredState(record, 'deleted', by, now, policy), status: 'deleting' };
}

function rejectWhileLeaving(record: InstanceRecord, command: RunCommand): void {
  if (record.status === 'terminated') throw rejection('instance-terminated', record, command);
  if (record.desired.state === 'deleted' || record.status === 'deleting' || record.status === 'migrating') {
    throw rejection('instance-busy', record, command);
  }
}

function rejection(code: LifecycleProblemCode, record: InstanceRecord, command: RunCommand): Problem {
  const what = record.origin === 'discovered' ? 'made elsewhere' : record.status;
  return new Problem(lifecycleProblems[code], {
    detail: `cannot ${command} instance ${record.id}: it is ${what}`,
    extensions: { instanceStatus: record.status, instanceId: record.id, novitaInstanceId: record.novitaInstanceId },
    ...(code === 'not-adopted' && record.novitaInstanceId !== null
      ? { suggestion: `Adopt it first: POST /api/v1/orphans/${record.novitaInstanceId}/adopt` }
      : {}),
  });
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
