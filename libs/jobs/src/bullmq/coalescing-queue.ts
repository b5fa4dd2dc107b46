import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/platform';
import { listReply, RedisScript, type ReportUnreadable } from '@app/redis';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { mergedWakers, readWakers, type Waker, wakersText } from '../running/job-spans.js';
import { bullMqPriority, jobOptions, keysOf, type StoredJob, whereIsJob } from './bullmq-layout.js';

/*
 * What BullMQ's own `deduplication` does not give, read in its 6.7 scripts: without further options a second enqueue
 * is dropped, and is lost when the first is running; `reschedule` and `replace` also postpone a job; with
 * `keepLastIfActive` the last delay wins instead of the earliest, and the kept one waits until the job is finished
 * for good, behind every retry.
 *
 * So we use its plain deduplication key (`<queue>:de:<key>` holds the id of the one live job of a coalescing key) and
 * add these rules, each one atomic:
 *
 * - A request for a key joins the live job: brought forward when delayed, written into the job's own hash (`wishDue`,
 *   `wishJob`) when active. In the hash, because what crashes or stalls then takes the request along.
 * - Whom a request is for (`job-spans.ts`) goes with it: in the options of the job that it makes, in `wakers` of one that
 *   waits, in `wishWakers` of one that is active. None of these is there while no traces are made.
 * - Only the job that the key names may run. It takes the key at the start of a run (`CLAIM_RUN`), and gives it up at
 *   the end of one, in the same step that reads the request (`END_RUN`): the ending job sees a request, or the request
 *   finds the key free and makes a job of its own.
 *
 * `HAS_DUE_JOB` and `WAKE` serve the watchdog of a worker that may have stopped taking jobs.
 */
const script = (name: string): RedisScript => RedisScript.fromFile(new URL(`./scripts/${name}.lua`, import.meta.url));
const JOIN_LIVE_JOBS = script('join-live-jobs');
const CLAIM_RUN = script('claim-run');
const END_RUN = script('end-run');
const APPLY_REQUEST_TO_RETRY = script('apply-request-to-retry');
const PENDING_KEYS = script('pending-keys');
const HAS_DUE_JOB = script('has-due-job');
const WAKE = script('wake');
const MEND_OPTIONS = script('mend-options');

/** Asks that a job runs at a time. */
export interface JobRequest {
  readonly key: string;
  readonly dueMs: number;
  readonly job: StoredJob;
  readonly wakers: readonly Waker[];
}

/** A job's own next run. */
export interface NextRun {
  readonly dueMs: number;
  readonly job: StoredJob;
  readonly wakers: readonly Waker[];
}

/** Whether a job that a worker has taken runs, and whom for beside what its options say. */
export type Claim = { readonly kind: 'run'; readonly wakers: readonly Waker[] } | { readonly kind: 'superseded' };

/** The hold that a worker has on the job that it runs. */
export interface HeldJob {
  readonly id: string;
  readonly token: string;
  readonly key: string;
}

export class JobLostError extends Error {
  override readonly name = 'JobLostError';
}

/** Requests in one script call: keeps Redis free for others, and is far below Lua's limit on arguments. */
const REQUESTS_PER_CALL = 1_000;
/** Each round but the first needs another job of the key to come and go in between. */
const MAX_ROUNDS = 20;

/** 0 where jobs are taken by age alone. */
const priorityOf = ({ dueMs, job }: JobRequest): number =>
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

  /** Makes every request come true at its time or earlier. Two round trips for any number up to a thousand. */
  async request(requests: readonly JobRequest[]): Promise<void> {
    for (let from = 0; from < requests.length; from += REQUESTS_PER_CALL) {
      await this.requestSome(requests.slice(from, from + REQUESTS_PER_CALL));
    }
  }

  private async requestSome(requests: readonly JobRequest[]): Promise<void> {
    let open = earliestPerKey(requests);
    for (let round = 0; open.length > 0; round += 1) {
      if (round === MAX_ROUNDS) throw new Error(`could not enqueue ${open.map((request) => request.key).join(', ')}`);
      open = await this.addJobs(await this.joinLiveJobs(open));
    }
  }

  /** Returns the requests that no live job could take up. */
  private async joinLiveJobs(requests: readonly JobRequest[]): Promise<readonly JobRequest[]> {
    const joined = await JOIN_LIVE_JOBS.run(this.redis, keysOf(this.queue, 'delayed', 'active', 'marker'), [
      this.prefix,
      ...requests.flatMap((request) => [
        request.key,
        Math.round(request.dueMs),
        JSON.stringify(request.job),
        priorityOf(request),
        wakersText(request.wakers),
      ]),
    ]);
    const flags = listReply(joined);
    return requests.filter((_, index) => flags[index] !== 1);
  }

  /** Returns the requests whose key was taken by somebody else's job in the meantime. */
  private async addJobs(requests: readonly JobRequest[]): Promise<readonly JobRequest[]> {
    if (requests.length === 0) return [];
    const now = this.clock.now();
    const wanted = requests.map((request) => ({ request, id: randomUUID() }));
    const added = await this.queue.addBulk(
      wanted.map(({ request, id }) => ({
        name: request.job.name,
        data: request.job.data,
        opts: {
          ...jobOptions(request.job.attempts),
          jobId: id,
          timestamp: now,
          delay: Math.max(0, Math.round(request.dueMs - now)),
          priority: priorityOf(request),
          deduplication: { id: request.key },
          ...(request.wakers.length > 0 && { telemetry: { metadata: wakersText(request.wakers) } }),
        },
      })),
    );
    // BullMQ answers the id of the job that holds the deduplication key, ours or another's.
    return wanted.filter(({ id }, index) => added[index]?.id !== id).map(({ request }) => request);
  }

  /** @throws JobLostError when the job is no longer the caller's to run */
  async claim(held: HeldJob): Promise<Claim> {
    const answer = await CLAIM_RUN.run(this.redis, keysOf(this.queue, 'active'), [
      this.prefix,
      held.key,
      held.id,
      held.token,
      this.clock.now(),
    ]);
    if (answer === 'superseded') return { kind: 'superseded' };
    if (Array.isArray(answer)) return { kind: 'run', wakers: readWakers(String(answer[1])) };
    throw new JobLostError(`the lock of job ${held.id} is gone`);
  }

  /**
   * Gives the key up at the end of a job's last run, and makes a new job of what is to run next: the earlier of
   * `next` and of what was requested while it ran. Call before BullMQ finishes the job: until then a crash anywhere in
   * here leaves the job active, to be found stalled and run again with its request.
   * @throws JobLostError
   */
  async end(held: HeldJob, next: NextRun | null): Promise<void> {
    const answer = await END_RUN.run(this.redis, keysOf(this.queue, 'active'), [
      this.prefix,
      held.key,
      held.id,
      held.token,
      next === null ? '' : Math.round(next.dueMs),
      next === null ? '' : JSON.stringify(next.job),
    ]);
    if (answer === 'lost') throw new JobLostError(`the lock of job ${held.id} is gone`);
    if (!Array.isArray(answer)) return;
    const [dueMs, job, requestedFor]: readonly unknown[] = answer;
    await this.request([
      {
        key: held.key,
        dueMs: Number(dueMs),
        job: JSON.parse(String(job)) as StoredJob,
        wakers: mergedWakers(next?.wakers ?? [], readWakers(String(requestedFor))),
      },
    ]);
  }

  /** To be called once BullMQ has scheduled the retry of a failed job. */
  async applyRequestToRetry(jobId: string): Promise<void> {
    await APPLY_REQUEST_TO_RETRY.run(this.redis, keysOf(this.queue, 'delayed', 'marker'), [this.prefix, jobId]);
  }

  /** Whether a worker that asks now gets a job. One round trip, however many jobs there are. */
  async hasDueJob(): Promise<boolean> {
    const keys = keysOf(this.queue, 'wait', 'prioritized', 'delayed', 'meta');
    return (await HAS_DUE_JOB.run(this.redis, keys, [this.clock.now()])) === 1;
  }

  /** Makes one of the workers that wait for a job ask for one. */
  async wake(): Promise<void> {
    await WAKE.run(this.redis, keysOf(this.queue, 'marker'), []);
  }

  /**
   * Jobs that a worker has taken and could not read, since their options are no JSON, get empty ones: their payload says
   * what is to be done. They are found stalled, and run then.
   */
  async mendOptions(report: ReportUnreadable): Promise<void> {
    const reply = listReply(await MEND_OPTIONS.run(this.redis, keysOf(this.queue, 'active'), [this.prefix])).map(
      String,
    );
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const where = whereIsJob(this.queue.name, reply[i] ?? '');
      report({ kind: 'job', where, reason: 'its options are not JSON', text: reply[i + 1] ?? '' });
    }
  }

  /** @param by epoch milliseconds: a job that is delayed beyond is not pending; null for any */
  async pendingKeys(keys: readonly string[], by: number | null): Promise<ReadonlySet<string>> {
    const pending = new Set<string>();
    const args = [this.prefix, by === null ? '' : String(by)];
    for (let from = 0; from < keys.length; from += REQUESTS_PER_CALL) {
      const some = keys.slice(from, from + REQUESTS_PER_CALL);
      const flags = listReply(await PENDING_KEYS.run(this.redis, keysOf(this.queue, 'active'), [...args, ...some]));
      for (const [index, key] of some.entries()) if (flags[index] === 1) pending.add(key);
    }
    return pending;
  }
}

function earliestPerKey(requests: readonly JobRequest[]): readonly JobRequest[] {
  const byKey = new Map<string, JobRequest>();
  for (const request of requests) {
    const known = byKey.get(request.key);
    if (known === undefined) byKey.set(request.key, request);
    else {
      const first = request.dueMs < known.dueMs ? request : known;
      const isUrgent = known.job.urgent === true || request.job.urgent === true;
      const wakers = mergedWakers(known.wakers, request.wakers);
      byKey.set(request.key, { ...first, wakers, job: isUrgent ? { ...first.job, urgent: true } : first.job });
    }
  }
  return [...byKey.values()];
}
