import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { AUDIT_LOG_LENGTH, auditLine, unconfirmedEntry } from '../plan/audit-lines.js';
import { Deadlines } from '../ports/deadlines.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { DEADLINE_KINDS, type DeadlineKind } from '../record/instance.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';
import { type RecordCodec, readByIds } from './record-codec.js';

const EMIT_UNCONFIRMED = RedisScript.fromFile(new URL('./lua/emit-unconfirmed.lua', import.meta.url), {
  AUDIT_LOG_LENGTH,
});
const KINDS_DUE = RedisScript.fromFile(new URL('./lua/kinds-due.lua', import.meta.url));

/** Reads the sorted sets `due:<kind>`, which the writes of records fill. */
export class RedisDeadlines extends Deadlines {
  constructor(
    private readonly keyspace: StoreKeyspace,
    private readonly codec: RecordCodec,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    if (limit < 1) return [];
    const latest = String(msFromTimestamp(now));
    const key = this.keyspace.key(storeKey.due(kind));
    const ids = await orStoreError(this.keyspace.redis.zrange(key, '-inf', latest, 'BYSCORE', 'LIMIT', skip, limit));
    return ids as InstanceId[];
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    const flags = (await this.keyspace.run(KINDS_DUE, [msFromTimestamp(now), ...DEADLINE_KINDS])) as readonly number[];
    return new Set(DEADLINE_KINDS.filter((_, index) => flags[index] === 1));
  }

  override dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return orStoreError(
      this.keyspace.redis.zcount(this.keyspace.key(storeKey.due(kind)), '-inf', msFromTimestamp(now)),
    );
  }

  override async emitUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    const now = this.clock.now();
    const at = this.clock.timestamp();
    const waiting = (await readByIds(this.keyspace, ids)).flatMap((reply) => {
      const { desired = null, desiredMs = 0 } = this.codec.basisOrSkip(reply)?.entry ?? {};
      if (desired === null || desired === 'running') return [];
      return [reply.id, desiredMs, auditLine(unconfirmedEntry(desired, now - desiredMs, at))];
    });
    if (waiting.length === 0) return 0;
    return (await this.keyspace.run(EMIT_UNCONFIRMED, [now, at, this.keyspace.feedLimit, ...waiting])) as number;
  }
}
