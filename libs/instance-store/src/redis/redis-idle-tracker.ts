import { msFromTimestamp, type Timestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import { idleStateOf, idleStateText, msOrBefore } from '../idle/idle-state.js';
import {
  type IdleClaim,
  type IdleClaimResult,
  IdleTracker,
  type IdleWarning,
  type TouchResult,
} from '../idle/idle-tracker.port.js';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import { storeKey } from '../keys.js';
import { ledgerLine } from '../ledger/ledger-line.js';
import { warningEntry } from '../ledger/write-account.js';
import { readByIds } from './record-replies.js';
import type { RecordWriter } from './record-writer.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError } from './store-error.js';
import type { Touches } from './touches.js';

const REINDEX_IDLE = RedisScript.fromFile(new URL('./lua/reindex-idle.lua', import.meta.url));
const WARN_IDLE = RedisScript.fromFile(new URL('./lua/warn-idle.lua', import.meta.url));

/** Keeps uses beside the documents, and the idle deadlines in the sorted set `due:autoStopAt`. */
export class RedisIdleTracker extends IdleTracker {
  constructor(
    private readonly context: RedisStoreContext,
    private readonly writer: RecordWriter,
    private readonly touches: Touches,
  ) {
    super();
  }

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.touches.report(id, at, by);
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    const [lastUsed, told] = await orStoreError(
      this.context.redis.hmget(this.context.key(storeKey.instance(id)), 'lastUsed', 'lastUsedBy'),
    );
    const prefix = `${lastUsed} `;
    return told?.startsWith(prefix) ? told.slice(prefix.length) : null;
  }

  override async claim(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const result = await this.writer.writeFrom(next, { kind: 'command' }, { reason }, msOrBefore(lastUsedAt));
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
    const at = this.context.clock.timestamp();
    return (await this.context.scripts.run(WARN_IDLE, [
      warning.id,
      warning.revision,
      msOrBefore(warning.lastUsedAt),
      msFromTimestamp(warning.idleSince),
      msFromTimestamp(warning.stopAt),
      this.context.feedLimit,
      at,
      ledgerLine(warningEntry(warning, at)),
    ])) as 'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing';
  }

  override async reindex(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    const { reader, rules, scripts } = this.context;
    const replies = await readByIds(scripts, ids);
    const stored = replies.flatMap((reply) => reader.readOrSkip(reply) ?? []);
    if (stored.length === 0) return;
    const stateOf = (record: InstanceRecord): string => idleStateText(idleStateOf(record, rules.rules));
    await scripts.run(
      REINDEX_IDLE,
      stored.flatMap(({ record }) => [record.id, record.revision, stateOf(record)]),
    );
  }

  override async postpone(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    if (ids.length === 0) return;
    const score = msFromTimestamp(at);
    // Only those that are there, and only forward.
    const members = ids.flatMap((id) => [score, id]);
    await orStoreError(this.context.redis.zadd(this.context.key(storeKey.due('autoStopAt')), 'XX', 'GT', ...members));
  }
}
