import { msFromTimestamp, type Timestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import { Deadlines } from '../deadlines.port.js';
import { DEADLINE_KINDS, type DeadlineKind } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { storeKey } from '../keys.js';
import { ledgerLine } from '../ledger/ledger-line.js';
import { unconfirmedEntry } from '../ledger/write-account.js';
import { readByIds } from './record-replies.js';
import { basisOf } from './record-writer.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError } from './store-error.js';

const ANNOUNCE_UNCONFIRMED = RedisScript.fromFile(new URL('./lua/announce-unconfirmed.lua', import.meta.url));
const KINDS_DUE = RedisScript.fromFile(new URL('./lua/kinds-due.lua', import.meta.url));

/** Reads the sorted sets `due:<kind>`, which the writes of records fill. */
export class RedisDeadlines extends Deadlines {
  constructor(private readonly context: RedisStoreContext) {
    super();
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    if (limit < 1) return [];
    const latest = String(msFromTimestamp(now));
    const key = this.context.key(storeKey.due(kind));
    const ids = await orStoreError(this.context.redis.zrange(key, '-inf', latest, 'BYSCORE', 'LIMIT', skip, limit));
    return ids as InstanceId[];
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    const flags = (await this.context.scripts.run(KINDS_DUE, [
      msFromTimestamp(now),
      ...DEADLINE_KINDS,
    ])) as readonly number[];
    return new Set(DEADLINE_KINDS.filter((_, index) => flags[index] === 1));
  }

  override dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return orStoreError(this.context.redis.zcount(this.context.key(storeKey.due(kind)), '-inf', msFromTimestamp(now)));
  }

  override async announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    const now = this.context.clock.now();
    const at = this.context.clock.timestamp();
    const waiting = (await readByIds(this.context.scripts, ids)).flatMap((reply) => {
      const { desired, desiredMs } = basisOf(reply).entry;
      if (desired === null || desired === 'running') return [];
      return [reply.id, desiredMs, ledgerLine(unconfirmedEntry(desired, now - desiredMs, at))];
    });
    if (waiting.length === 0) return 0;
    return (await this.context.scripts.run(ANNOUNCE_UNCONFIRMED, [
      now,
      at,
      this.context.feedLimit,
      ...waiting,
    ])) as number;
  }
}
