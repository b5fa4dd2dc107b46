import { setTimeout as pause } from 'node:timers/promises';
import {
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  type FeedEntry,
  isInstanceChange,
  RedisChangeFeed,
  StoreUnavailableError,
} from '@app/instance-store';
import type { Redis } from 'ioredis';
import { AlwaysChecks } from '../../simulation/checks/always.js';
import { LatestRecords } from '../../simulation/checks/latest-records.js';
import { Violation } from '../../simulation/checks/violation.js';
import type { Sayings } from '../../simulation/world/said.js';
import type { Promised } from '../clients/promises.js';
import { KEY_PREFIX, THRESHOLD_MS } from '../ground/ground.js';
import type { ProcessName } from '../plan/plan.js';
import type { Histories } from './history.js';
import type { WorldMirror } from './world-mirror.js';

const EVERY_MS = 250;
const AT_ONCE = 500;

export interface WatchParts {
  readonly redis: Redis;
  readonly world: WorldMirror;
  readonly sayings: Sayings;
  readonly promised: readonly Promised[];
  readonly histories: Histories;
  readonly isTouchedByHand: (novitaId: string) => boolean;
  /** Whether what that process took into its journal then has to be known to all by now. */
  readonly isReplayDue: (process: ProcessName, acknowledgedMs: number, atMs: number) => boolean;
  readonly onViolation: (violation: Violation) => void;
}

/** Reads every write of a record from the feed, and holds it against what was said and promised by the time of that write. */
export class Watch {
  readonly records = new LatestRecords();
  /** Every entry, the oldest first; without the records, which would be much. */
  readonly written: FeedEntry[] = [];
  /** How often auto-stop has stopped an instance. */
  autoStops = 0;
  private readonly feed: ChangeFeed;
  private readonly checks: AlwaysChecks<ProcessName>;
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Of the entry that is being checked; epoch milliseconds by the clock of Redis. */
  private atMs = Number.POSITIVE_INFINITY;

  constructor(private readonly parts: WatchParts) {
    const { redis, world, sayings, promised, isTouchedByHand, isReplayDue } = parts;
    this.feed = new RedisChangeFeed(
      { commands: redis, dedicated: () => redis, mayReadInfo: true },
      { keyPrefix: KEY_PREFIX },
    );
    const { seen, acknowledged } = {
      seen: () => world.seenBy(this.atMs),
      acknowledged: () => promised.map((one) => one.asOf(this.atMs)),
    };
    this.checks = new AlwaysChecks<ProcessName>(
      {
        view: { instances: seen },
        sayings: {
          of: (id) => sayings.of(id),
          // What was said after the write is no reason for it.
          hasSaid: (id, words, sinceMs) => {
            const all = sayings.of(id);
            return all.some(
              ({ word, sentAtMs, answeredAtMs }) => words.has(word) && sentAtMs >= sinceMs && answeredAtMs <= this.atMs,
            );
          },
        },
      },
      {
        get acknowledged() {
          return acknowledged();
        },
      },
      () => this.atMs,
      isTouchedByHand,
      ({ journalOf, acknowledgedMs }) => journalOf === null || isReplayDue(journalOf, acknowledgedMs, this.atMs),
      THRESHOLD_MS,
    );
  }

  begin(): void {
    this.running = this.follow();
  }

  /** Novita's world may bill more than before. */
  async lookAtBills(): Promise<void> {
    if (!(await this.parts.world.refresh())) return;
    this.atMs = Number.POSITIVE_INFINITY;
    this.guarded(() => this.checks.callCarriedOut('createInstance'));
  }

  /** Takes in what was written up to now. @throws StoreUnavailableError */
  async catchUp(): Promise<void> {
    while ((await this.takeNext()) > 0);
  }

  async end(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async follow(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        await this.lookAtBills();
        await this.takeNext();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
      await pause(EVERY_MS, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
  }

  private async takeNext(): Promise<number> {
    const after = this.written.at(-1)?.entryId ?? BEFORE_FIRST_ENTRY;
    const entries = await this.feed.after(after, AT_ONCE);
    if (entries === null) {
      throw new Error(`the feed does not know ${after} any more: Redis has lost data, or the run is too long`);
    }
    // Another reading has taken them in meanwhile.
    if (after !== (this.written.at(-1)?.entryId ?? BEFORE_FIRST_ENTRY)) return entries.length;
    for (const entry of entries) this.take(entry);
    return entries.length;
  }

  private take(entry: FeedEntry): void {
    if (!isInstanceChange(entry)) {
      this.written.push(entry);
      return;
    }
    const { entryId, type, instanceId, revision, record } = entry;
    this.written.push({ ...entry, record: null });
    if (type === 'instance.auto_stopped') this.autoStops += 1;
    this.parts.histories.note(
      instanceId,
      record === null
        ? `${entryId} ${type}`
        : `${entryId} ${type} r${revision}: ${record.status}, desired ${record.desired.state} by ${record.desired.by} at ${record.desired.at}, ` +
            `Novita ${record.novitaInstanceId} ${record.novitaStatus} as of ${record.observedAt}, error ${record.lastError?.code}`,
    );
    const before = this.records.put(instanceId, record);
    this.atMs = Number.parseInt(entryId, 10);
    this.guarded(() => this.checks.recordWritten(type, before, record));
  }

  private guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.parts.onViolation(error);
    }
  }
}
