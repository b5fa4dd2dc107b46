import type { InstanceRecord, Wish } from '@app/instance-store';
import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { agrees, firstAttempts } from './adopt-record.js';
import { seenConnection } from './seen-connection.js';
import type { Sight } from './sight.js';
import { whatItDoes } from './what-it-does.js';

/**
 * The record of an instance that was called gone and is there after all, live again. When its deletion had been wished
 * it is wished still, so that the life cycle deletes it again and nobody pays for it. When it had merely vanished
 * nobody wished anything, so what it does now becomes the wish: a fault of the provider must not destroy a machine.
 *
 * @param now milliseconds since 1970
 */
export function revived(record: InstanceRecord, item: NovitaInstance, sight: Sight, now: number): InstanceRecord {
  const doing = whatItDoes(phaseOf(item.status));
  const keepsWish = deletionWasWished(record.desired);
  const at = timestampFromMs(now);
  const desired: Wish = keepsWish ? record.desired : { state: doing.desired, at, by: 'sync' };
  const status = keepsWish ? 'deleting' : doing.status;
  const { terminated: _terminated, ...timestamps } = record.timestamps;
  return {
    ...record,
    novitaInstanceId: item.id,
    desired,
    restartRequestedAt: null,
    status,
    novitaStatus: item.status,
    observedAt: sight.at,
    source: sight.source,
    confirmedAt: agrees(status) ? sight.at : null,
    timestamps,
    deadlines: { nextReconcileAt: at },
    connection: seenConnection(item, sight.source === 'list' ? record.connection : null),
    lastError: null,
    attempts: firstAttempts(desired.state, { status, attempts: record.attempts }),
    foreignChange: null,
    missingSince: null,
  };
}

/** Whether somebody wished it away; `deleted` by the system itself only says that the instance had been found gone. */
export function deletionWasWished({ state, by }: Wish): boolean {
  return state === 'deleted' && by !== 'sync' && by !== 'lifecycle' && by !== 'console';
}
