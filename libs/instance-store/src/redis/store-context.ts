import type { Clock } from '@app/platform';
import type { Redis } from 'ioredis';
import { CHANGE_FEED_LIMIT } from '../feed/feed-limit.js';
import { DEFAULT_IDLE_RULES } from '../idle/default-idle-rules.js';
import { hashTagOf } from '../keys.js';
import { DEFAULT_CONFIRM_PATIENCE_MS } from '../record/index-entry.js';
import type { RecordRules } from '../record/prepare-record.js';
import { PlanRunner } from './plan-runner.js';
import { type KnownLimits, RecordReader } from './record-reader.js';
import { StoreScripts } from './store-error.js';

export interface RedisStoreOptions extends Partial<RecordRules> {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  /** How many records are known, so that the next write of one needs no read. */
  readonly known?: KnownLimits;
}

const KNOWN: KnownLimits = { maxRecords: 5_000, maxCharacters: 32 * 1024 * 1024 };

/** What the adapters of one store share: its keys, its scripts, the rules of its records and what was read of them. */
export class RedisStoreContext {
  readonly hashTag: string;
  readonly feedLimit: number;
  readonly rules: RecordRules;
  readonly scripts: StoreScripts;
  readonly reader: RecordReader;
  readonly plans: PlanRunner;

  constructor(
    readonly redis: Redis,
    readonly clock: Clock,
    { keyPrefix, feedLimit = CHANGE_FEED_LIMIT, known = KNOWN, rules, confirmPatienceMs }: RedisStoreOptions,
  ) {
    this.hashTag = hashTagOf(keyPrefix);
    this.feedLimit = feedLimit;
    this.rules = {
      rules: rules ?? DEFAULT_IDLE_RULES,
      confirmPatienceMs: confirmPatienceMs ?? DEFAULT_CONFIRM_PATIENCE_MS,
    };
    this.scripts = new StoreScripts(redis, this.hashTag);
    this.reader = new RecordReader(known);
    this.plans = new PlanRunner(this.scripts, feedLimit);
  }

  /** @param name as `storeKey` makes it */
  key(name: string): string {
    return `${this.hashTag}:${name}`;
  }
}
