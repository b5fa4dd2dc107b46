import type { Clock } from '@app/platform';
import { RedisScript } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { nextRunUnder } from '../schedules/job-schedules.js';
import { jobOptions, keysOf, type StoredJob } from './bullmq-layout.js';

const READ_NEXT_RUN = RedisScript.fromFile(new URL('./scripts/read-next-run.lua', import.meta.url));
const OPEN_SCHEDULE = RedisScript.fromFile(new URL('./scripts/open-schedule.lua', import.meta.url));

/** The job schedulers of one BullMQ queue, such that a lost timer is noticed and repaired. */
export class ScheduledJobs {
  private readonly logger = new Logger(ScheduledJobs.name);
  /** The payloads by key of the jobs that this process has put in; the script that reads compares the period alone. */
  private readonly put = new Map<string, string>();

  constructor(
    private readonly queue: Queue,
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {}

  /** Makes the schedule be as said; one that is already, keeps its time. One round trip when it is, two otherwise. */
  async assert(key: string, job: StoredJob, everyMs: number): Promise<void> {
    const { name, data, attempts } = job;
    const carried = JSON.stringify(job);
    const opened = await this.open(key, everyMs);
    if (opened === 'as-said' && this.put.get(key) === carried) return;
    const startDate = opened === 'as-said' ? null : opened;
    await this.queue.upsertJobScheduler(
      key,
      { every: everyMs, ...(startDate === null ? {} : { startDate }) },
      { name, data, opts: jobOptions(attempts) },
    );
    this.put.set(key, carried);
  }

  /** Null when there is no schedule of that key, or its job is lost. In ms. */
  async nextRunMs(key: string): Promise<number | null> {
    const due = await READ_NEXT_RUN.run(this.redis, this.keys(), [key]);
    return due === null ? null : Number(due);
  }

  /** Readies a schedule to be changed. @returns when the changed one begins, in ms; null when it is new */
  private async open(key: string, everyMs: number): Promise<number | null | 'as-said'> {
    const answer = await OPEN_SCHEDULE.run(this.redis, this.keys(), [key, everyMs]);
    if (answer === 'as-said') return answer;
    if (!Array.isArray(answer)) return null;
    const [due, alive]: readonly unknown[] = answer;
    if (alive !== 1)
      this.logger.warn('a schedule had lost its next run: repairing it', { queue: this.queue.name, key });
    return nextRunUnder(everyMs, Number(due), this.clock.now());
  }

  private keys(): readonly string[] {
    return keysOf(this.queue, 'repeat', 'delayed', 'prioritized', 'active', 'wait', 'paused');
  }
}
