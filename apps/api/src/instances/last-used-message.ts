import type { InstanceStatus } from '@app/instance-store';

/** What a report of use does not change; null where there is nothing to add. */
const TOO_LATE: Readonly<Record<InstanceStatus, string | null>> = {
  creating: null,
  created: null,
  starting: null,
  running: null,
  health_checking: null,
  ready: null,
  restarting: null,
  migrating: null,
  stopping: 'but it is being stopped: the report came too late',
  stopped: 'but it is stopped, and a report of use does not start it',
  deleting: 'but it is being deleted',
  terminated: 'but it is gone',
  failed: 'but it has failed, and a report of use does not start it',
};

/**
 * What became of a report of use. Holds no character that JSON escapes.
 *
 * @param moved whether it is the latest use that is known
 */
export function lastUsedMessage(moved: boolean, status: InstanceStatus): string {
  const told = moved ? 'Last used time updated' : 'A later use is known already';
  const tooLate = TOO_LATE[status];
  return tooLate === null ? told : `${told}, ${tooLate}`;
}
