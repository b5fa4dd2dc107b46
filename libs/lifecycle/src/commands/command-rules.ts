import type { Actor, InstanceRecord } from '@app/instance-store';
import { Problem, timestampFromMs } from '@app/platform';
import type { LifecyclePolicy } from '../decide/policy.js';
import { withWish } from '../decide/wish.js';
import type { RunCommand } from '../instance-commands.js';
import { type LifecycleProblemCode, lifecycleProblems } from '../problems/lifecycle.problems.js';

/**
 * What a command makes of a record: the record under the new wish, or the same one when it is so already.
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
  if (record.origin === 'discovered') throw refusal('not-adopted', record, command);
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
  refuseWhileLeaving(record, 'start');
  if (record.desired.state === 'running') return record;
  const status = record.novitaInstanceId === null ? 'creating' : 'starting';
  return { ...withWish(record, 'running', by, now, policy), status };
}

function stop(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  refuseWhileLeaving(record, 'stop');
  if (record.desired.state === 'stopped') return record;
  return { ...withWish(record, 'stopped', by, now, policy), status: 'stopping' };
}

function restart(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  refuseWhileLeaving(record, 'restart');
  if (record.restartRequestedAt !== null) return record;
  switch (record.status) {
    case 'running':
    case 'health_checking':
    case 'ready': {
      const wished = withWish(record, 'running', by, now, policy);
      return { ...wished, status: 'restarting', restartRequestedAt: timestampFromMs(now) };
    }
    case 'restarting':
      return record;
    case 'stopped':
    case 'failed':
      throw refusal('instance-not-running', record, 'restart');
    case 'creating':
    case 'created':
    case 'starting':
    case 'stopping':
    case 'migrating':
    case 'deleting':
    case 'terminated':
      throw refusal('instance-busy', record, 'restart');
  }
}

function remove(record: InstanceRecord, by: Actor, now: number, policy: LifecyclePolicy): InstanceRecord {
  if (record.status === 'migrating') throw refusal('instance-busy', record, 'delete');
  if (record.status === 'terminated' || record.desired.state === 'deleted') return record;
  return { ...withWish(record, 'deleted', by, now, policy), status: 'deleting' };
}

function refuseWhileLeaving(record: InstanceRecord, command: RunCommand): void {
  if (record.status === 'terminated') throw refusal('instance-terminated', record, command);
  if (record.desired.state === 'deleted' || record.status === 'deleting' || record.status === 'migrating') {
    throw refusal('instance-busy', record, command);
  }
}

function refusal(code: LifecycleProblemCode, record: InstanceRecord, command: RunCommand): Problem {
  const what = record.origin === 'discovered' ? 'made elsewhere' : record.status;
  return new Problem(lifecycleProblems[code], {
    detail: `cannot ${command} instance ${record.id}: it is ${what}`,
    extensions: { instanceStatus: record.status, instanceId: record.id, novitaInstanceId: record.novitaInstanceId },
    ...(code === 'not-adopted' && record.novitaInstanceId !== null
      ? { suggestion: `Adopt it first: POST /api/v1/orphans/${record.novitaInstanceId}/adopt` }
      : {}),
  });
}
