import { type Clock, inBatches, msFromTimestamp, type Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, idleStateText, msOrBefore } from '../idle/idle-state.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import { type IdleWarning, StoreUnavailableError, type TouchResult } from '../instance-store.port.js';
import { boundedBy, ledgerLine } from '../ledger/ledger-line.js';
import { warningEntry } from '../ledger/write-account.js';
import type { RecordFetcher } from './record-fetcher.js';
import type { ScriptRunner } from './redis-script.js';
import { lastUsedFrom } from './remembered-records.js';
import { REINDEX_IDLE, WARN_IDLE } from './scripts/idle.lua.js';
import { TOUCH } from './scripts/touch.lua.js';
import { orStoreError } from './store-error.js';
import { orUnknownOutcome } from './write-outcome.js';

/** A use that waits for the end of its turn. */
interface Use {
  readonly id: InstanceId | NovitaInstanceId;
  readonly at: Timestamp;
  readonly by: string;
  readonly resolve: (result: TouchResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What moves idle deadlines without a write of the record. */
export class IdleDeadlines {
  private uses: Use[] = [];

  constructor(
    private readonly redis: Redis,
    private readonly scripts: ScriptRunner,
    private readonly fetcher: RecordFetcher,
    private readonly clock: Clock,
    private readonly options: { readonly hashTag: string; readonly feedLimit: number; readonly rules: IdleRules },
  ) {}

  /** Uses that are reported in one turn of the event loop share a round trip; each caller gets its own answer. */
  touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by: string | undefined): Promise<TouchResult> {
    // The immediates run after all input of this turn was read.
    if (this.uses.length === 0) setImmediate(() => this.reportUses());
    const { promise, resolve, reject } = Promise.withResolvers<TouchResult>();
    this.uses.push({ id, at, by: by === undefined ? '' : boundedBy(by), resolve, reject });
    return promise;
  }

  private reportUses(): void {
    const uses = this.uses;
    this.uses = [];
    for (const batch of inBatches(uses, MAX_BATCH)) void this.report(batch);
  }

  private async report(batch: readonly Use[]): Promise<void> {
    const args = batch.flatMap(({ id, at, by }) => [id, isInstanceId(id) ? 'ours' : 'novita', msFromTimestamp(at), by]);
    try {
      const reply = (await this.scripts.run(TOUCH, args)) as readonly (string | number | null)[];
      batch.forEach(({ resolve }, place) => {
        resolve(touchResult(reply.slice(4 * place, 4 * place + 4)));
      });
    } catch (error) {
      if (batch.length > 1 && !(error instanceof StoreUnavailableError)) {
        // A record that the script cannot read must not cost the others their uses.
        await Promise.all(batch.map((use) => this.report([use])));
        return;
      }
      for (const { id, resolve, reject } of batch) {
        orUnknownOutcome(id, Promise.reject<TouchResult>(error as Error)).then(resolve, reject);
      }
    }
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

function touchResult([id, lastUsed, moved, status]: readonly (string | number | null)[]): TouchResult {
  const lastUsedAt = typeof lastUsed === 'string' ? lastUsedFrom(lastUsed) : null;
  if (typeof id !== 'string' || lastUsedAt === null || typeof status !== 'string') return { outcome: 'missing' };
  return { outcome: 'touched', id: id as InstanceId, lastUsedAt, moved: moved === 1, status: status as InstanceStatus };
}
