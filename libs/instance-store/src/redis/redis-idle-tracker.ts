import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { AUDIT_LOG_LENGTH, auditLine, warningEntry } from '../plan/audit-lines.js';
import { type IdleRules, idleStateOf, idleStateText, msOrBefore } from '../plan/idle-clock.js';
import {
  type IdleClaim,
  type IdleClaimResult,
  IdleTracker,
  type IdleWarning,
  type TouchResult,
} from '../ports/idle-tracker.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';
import { type RecordCodec, readByIds } from './record-codec.js';
import type { RedisInstanceRecords } from './redis-instance-records.js';
import type { Touches } from './touches.js';

const REINDEX_IDLE = RedisScript.fromFile(new URL('./lua/reindex-idle.lua', import.meta.url));
const WARN_IDLE = RedisScript.fromFile(new URL('./lua/warn-idle.lua', import.meta.url), { AUDIT_LOG_LENGTH });

/** Keeps uses beside the documents, and the idle deadlines in the sorted set `due:autoStopAt`. */
export class RedisIdleTracker extends IdleTracker {
  constructor(
    private readonly keyspace: StoreKeyspace,
    private readonly codec: RecordCodec,
    private readonly records: RedisInstanceRecords,
    private readonly touches: Touches,
    private readonly rules: IdleRules,
    private readonly clock: Clock,
  ) {
    super();
  }

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.touches.report(id, at, by);
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    const [lastUsed, reported] = await orStoreError(
      this.keyspace.redis.hmget(this.keyspace.key(storeKey.instance(id)), 'lastUsed', 'lastUsedBy'),
    );
    const prefix = `${lastUsed} `;
    return reported?.startsWith(prefix) ? reported.slice(prefix.length) : null;
  }

  override async claim(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const result = await this.records.writeFrom(next, { kind: 'command' }, { reason }, msOrBefore(lastUsedAt));
    switch (result.outcome) {
      case 'written':
        return { outcome: 'claimed', stored: result.stored };
      case 'outdated-observation':
        throw new Error('a claim was refused as an observation, which it is not');
      case 'stale':
      case 'used-meanwhile':
      case 'missing':
        return result;
    }
  }

  override async warn(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    const at = this.clock.timestamp();
    return (await this.keyspace.run(WARN_IDLE, [
      warning.id,
      warning.revision,
      msOrBefore(warning.lastUsedAt),
      msFromTimestamp(warning.idleSince),
      msFromTimestamp(warning.stopAt),
      this.keyspace.feedLimit,
      at,
      auditLine(warningEntry(warning, at)),
    ])) as 'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing';
  }

  override async reindex(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    const replies = await readByIds(this.keyspace, ids);
    const stored = replies.flatMap((reply) => this.codec.readOrSkip(reply) ?? []);
    if (stored.length === 0) return;
    const stateOf = (record: InstanceRecord): string => idleStateText(idleStateOf(record, this.rules));
    await this.keyspace.run(
      REINDEX_IDLE,
      stored.flatMap(({ record }) => [record.id, record.revision, stateOf(record)]),
    );
  }

  override async postpone(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    if (ids.length === 0) return;
    const score = msFromTimestamp(at);
    // Only deadlines that are there are moved, and only forward.
    const members = ids.flatMap((id) => [score, id]);
    await orStoreError(this.keyspace.redis.zadd(this.keyspace.key(storeKey.due('autoStopAt')), 'XX', 'GT', ...members));
  }
}
