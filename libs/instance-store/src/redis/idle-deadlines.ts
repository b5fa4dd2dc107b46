import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import { refuseLargeBatch } from '../batch-limit.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, idleStateText, msOrBefore } from '../idle/idle-state.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import type { IdleWarning, TouchResult } from '../instance-store.port.js';
import { boundedBy, ledgerLine } from '../ledger/ledger-line.js';
import { warningEntry } from '../ledger/write-account.js';
import type { RecordFetcher } from './record-fetcher.js';
import type { ScriptRunner } from './redis-script.js';
import { lastUsedFrom } from './remembered-records.js';
import { REINDEX_IDLE, WARN_IDLE } from './scripts/idle.lua.js';
import { TOUCH } from './scripts/touch.lua.js';
import { orStoreError } from './store-error.js';
import { orUnknownOutcome } from './write-outcome.js';

/** What moves idle deadlines without a write of the record. */
export class IdleDeadlines {
  constructor(
    private readonly redis: Redis,
    private readonly scripts: ScriptRunner,
    private readonly fetcher: RecordFetcher,
    private readonly clock: Clock,
    private readonly options: { readonly hashTag: string; readonly feedLimit: number; readonly rules: IdleRules },
  ) {}

  async touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by: string | undefined): Promise<TouchResult> {
    const kind = isInstanceId(id) ? 'ours' : 'novita';
    const who = by === undefined ? '' : boundedBy(by);
    const reply = (await orUnknownOutcome(id, this.scripts.run(TOUCH, [id, kind, msFromTimestamp(at), who]))) as
      | [InstanceId, string, number, InstanceStatus]
      | [];
    const [ours, lastUsed, moved, status] = reply;
    const lastUsedAt = lastUsedFrom(lastUsed ?? null);
    if (ours === undefined || lastUsedAt === null || status === undefined) return { outcome: 'missing' };
    return { outcome: 'touched', id: ours, lastUsedAt, moved: moved === 1, status };
  }

  async lastUsedBy(id: InstanceId): Promise<string | null> {
    const key = `${this.options.hashTag}:instance:${id}`;
    const [lastUsed, told] = await orStoreError(this.redis.hmget(key, 'lastUsed', 'lastUsedBy'));
    const prefix = `${lastUsed} `;
    return told?.startsWith(prefix) ? told.slice(prefix.length) : null;
  }

  async warn(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    const at = this.clock.timestamp();
    return (await this.scripts.run(WARN_IDLE, [
      warning.id,
      warning.revision,
      msOrBefore(warning.lastUsedAt),
      msFromTimestamp(warning.idleSince),
      msFromTimestamp(warning.stopAt),
      this.options.feedLimit,
      at,
      ledgerLine(warningEntry(warning, at)),
    ])) as 'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing';
  }

  /** @throws RangeError, StoreUnavailableError */
  async reindex(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    const stored = await this.fetcher.byIds(ids);
    if (stored.length === 0) return;
    await this.scripts.run(
      REINDEX_IDLE,
      stored.flatMap(({ record }) => [
        record.id,
        record.revision,
        idleStateText(idleStateOf(record, this.options.rules)),
      ]),
    );
  }

  /** @throws RangeError, StoreUnavailableError */
  async putOff(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    if (ids.length === 0) return;
    const score = msFromTimestamp(at);
    const members = ids.flatMap((id) => [score, id]);
    // Only those that are there, and only forward.
    await orStoreError(this.redis.zadd(`${this.options.hashTag}:due:autoStopAt`, 'XX', 'GT', ...members));
  }
}
