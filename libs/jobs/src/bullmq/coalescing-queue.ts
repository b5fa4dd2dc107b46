import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/platform';
import type { JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobDeclaration, JobPayload } from '../job-declaration.js';
import { bullMqPriority } from '../job-rank.js';
import {
  APPLY_WISH_TO_RETRY,
  CLAIM_RUN,
  END_RUN,
  HAS_DUE_JOB,
  JOIN_LIVE_JOBS,
  PENDING_KEYS,
  WAKE,
} from './coalescing.scripts.js';

/** No name of BullMQ's own, so that the worker asks our strategy. */
const BACKOFF_TYPE = 'full-jitter';

/** A job that should run at a time. */
export interface Wish {
  readonly key: string;
  readonly dueMs: number;
  readonly job: StoredJob;
}

/** A job as it lies in Redis; its attempts go with it, as they may be needed where it is not declared. */
export interface StoredJob {
  readonly name: string;
  readonly data: JobPayload;
  readonly attempts: number;
  /** Absent where jobs are taken by age alone. */
  readonly urgent?: boolean;
}

/** The hold that a worker has on the job that it runs. */
export interface HeldJob {
  readonly id: string;
  readonly token: string;
  readonly key: string;
}

export class JobLostError extends Error {
  override readonly name = 'JobLostError';
}

/** Wishes in one script call: keeps Redis free for others, and is far below Lua's limit on arguments. */
const WISHES_PER_CALL = 1_000;
/** Each round but the first needs another job of the key to come and go in between. */
const MAX_ROUNDS = 20;

export const jobOptions = (attempts: number): JobsOptions => ({
  attempts,
  backoff: { type: BACKOFF_TYPE },
  stackTraceLimit: 5,
});

export const storedJob = (job: JobDeclaration, data: JobPayload, urgent = false): StoredJob => ({
  name: job.name,
  data: { ...data },
  attempts: job.attempts,
  ...(job.ranked === true ? { urgent } : {}),
});

/** 0 where jobs are taken by age alone. */
const priorityOf = ({ dueMs, job }: Wish): number =>
  job.urgent === undefined ? 0 : bullMqPriority(Math.round(dueMs), job.urgent);

/** One BullMQ queue in which the jobs of a coalescing key are one job. */
export class CoalescingQueue {
  private readonly prefix: string;

  /** @param redis runs the scripts; it decides whether a call fails fast or waits when Redis is away */
  constructor(
    readonly queue: Queue,
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {
    this.prefix = queue.toKey('');
  }

  /** Makes every wish come true at its time or earlier. Two round trips for any number up to a thousand. */
  async wish(wishes: readonly Wish[]): Promise<void> {
    for (let from = 0; from < wishes.length; from += WISHES_PER_CALL) {
      await this.wishSome(wishes.slice(from, from + WISHES_PER_CALL));
    }
  }

  private async wishSome(wishes: readonly Wish[]): Promise<void> {
    let open = earliestPerKey(wishes);
    for (let round = 0; open.length > 0; round += 1) {
      if (round === MAX_ROUNDS) throw new Error(`could not enqueue ${open.map((wish) => wish.key).join(', ')}`);
      open = await this.addJobs(await this.joinLiveJobs(open));
    }
  }

  /** Returns the wishes that no live job could take up. */
  private async joinLiveJobs(wishes: readonly Wish[]): Promise<readonly Wish[]> {
    const joined = await JOIN_LIVE_JOBS.run(
      this.redis,
      [this.queue.toKey('delayed'), this.queue.toKey('active'), this.queue.toKey('marker')],
      [
        this.prefix,
        ...wishes.flatMap((wish) => [wish.key, Math.round(wish.dueMs), JSON.stringify(wish.job), priorityOf(wish)]),
      ],
    );
    const flags = flagsFrom(joined);
    return wishes.filter((_, index) => flags[index] !== 1);
  }

  /** Returns the wishes whose key was taken by somebody else's job in the meantime. */
  private async addJobs(wishes: readonly Wish[]): Promise<readonly Wish[]> {
    if (wishes.length === 0) return [];
    const now = this.clock.now();
    const wanted = wishes.map((wish) => ({ wish, id: randomUUID() }));
    const added = await this.queue.addBulk(
      wanted.map(({ wish, id }) => ({
        name: wish.job.name,
        data: wish.job.data,
        opts: {
          ...jobOptions(wish.job.attempts),
          jobId: id,
          timestamp: now,
          delay: Math.max(0, Math.round(wish.dueMs - now)),
          priority: priorityOf(wish),
          deduplication: { id: wish.key },
        },
      })),
    );
    // BullMQ answers the id of the job that holds the deduplication key, ours or another's.
    return wanted.filter(({ id }, index) => added[index]?.id !== id).map(({ wish }) => wish);
  }

  /** @throws JobLostError when the job is no longer the caller's to run */
  async claim(held: HeldJob): Promise<'run' | 'superseded'> {
    const answer = await CLAIM_RUN.run(
      this.redis,
      [this.queue.toKey('active')],
      [this.prefix, held.key, held.id, held.token, this.clock.now()],
    );
    if (answer === 'run' || answer === 'superseded') return answer;
    throw new JobLostError(`the lock of job ${held.id} is gone`);
  }

  /**
   * Gives the key up at the end of a job's last run, and makes a new job of what is to run next: the earlier of
   * `next` and of what was wished while it ran. Call before BullMQ finishes the job: until then a crash anywhere in
   * here leaves the job active, to be found stalled and run again with its wish.
   * @throws JobLostError
   */
  async end(held: HeldJob, next: { readonly dueMs: number; readonly job: StoredJob } | null): Promise<void> {
    const answer = await END_RUN.run(
      this.redis,
      [this.queue.toKey('active')],
      [
        this.prefix,
        held.key,
        held.id,
        held.token,
        next === null ? '' : Math.round(next.dueMs),
        next === null ? '' : JSON.stringify(next.job),
      ],
    );
    if (answer === 'lost') throw new JobLostError(`the lock of job ${held.id} is gone`);
    if (!Array.isArray(answer)) return;
    await this.wish([{ key: held.key, dueMs: Number(answer[0]), job: JSON.parse(String(answer[1])) as StoredJob }]);
  }

  /** To be called once BullMQ has put a faulted job off to its retry. */
  async applyWishToRetry(jobId: string): Promise<void> {
    await APPLY_WISH_TO_RETRY.run(
      this.redis,
      [this.queue.toKey('delayed'), this.queue.toKey('marker')],
      [this.prefix, jobId],
    );
  }

  /** Whether a worker that asks now gets a job. One round trip, however many jobs there are. */
  async hasDueJob(): Promise<boolean> {
    const keys = ['wait', 'prioritized', 'delayed', 'meta'].map((part) => this.queue.toKey(part));
    return (await HAS_DUE_JOB.run(this.redis, keys, [this.clock.now()])) === 1;
  }

  /** Makes one of the workers that wait for a job ask for one. */
  async wake(): Promise<void> {
    await WAKE.run(this.redis, [this.queue.toKey('marker')], []);
  }

  async pendingKeys(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const pending = new Set<string>();
    for (let from = 0; from < keys.length; from += WISHES_PER_CALL) {
      const some = keys.slice(from, from + WISHES_PER_CALL);
      const flags = flagsFrom(await PENDING_KEYS.run(this.redis, [this.queue.toKey('active')], [this.prefix, ...some]));
      for (const [index, key] of some.entries()) if (flags[index] === 1) pending.add(key);
    }
    return pending;
  }
}

function earliestPerKey(wishes: readonly Wish[]): readonly Wish[] {
  const byKey = new Map<string, Wish>();
  for (const wish of wishes) {
    const known = byKey.get(wish.key);
    if (known === undefined) byKey.set(wish.key, wish);
    else {
      const first = wish.dueMs < known.dueMs ? wish : known;
      const isUrgent = known.job.urgent === true || wish.job.urgent === true;
      byKey.set(wish.key, isUrgent ? { ...first, job: { ...first.job, urgent: true } } : first);
    }
  }
  return [...byKey.values()];
}

function flagsFrom(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw new Error('Redis answered a script with something else than a list');
  return answer;
}
