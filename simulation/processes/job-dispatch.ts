import type { JobContext, JobHandler, JobPayload, RunAgain } from '@app/jobs';
import type { Type } from '@nestjs/common';
import { JOB_HANDLERS } from '../../apps/worker/src/worker-modules.js';
import { bindHandlers } from '../../libs/jobs/src/running/job-handlers.js';
import type { Random } from '../runtime/random.js';
import type { Scheduler } from '../runtime/scheduler.js';
import type { SimProcess } from './process.js';
import type { SharedState } from './shared-state.js';
import type { Weather } from './weather.js';

/** How long a worker that says nothing may hold a job before another one gets it; ms. As `lockDurationMs` of the queues and their search. */
const STALLED_AFTER_MS = 13_000;
const LOOKS_AGAIN_MS = 2_000;

type Handler = JobHandler<JobPayload>;
type AnyHandlerClass = Type<Handler>;

/** One run of a job in one worker. */
interface Run {
  readonly worker: SimProcess;
  /** Gives the job to another worker. */
  readonly stall: () => void;
}

/**
 * Hands the jobs of the shared queue to the workers that live, any of them. A worker that dies or stands still loses its
 * jobs, and they run again; one that stood still goes on with its own run all the same.
 */
export class JobDispatch {
  private readonly runs = new Set<Run>();
  /** How many queues there have been. */
  private generation = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly weather: Weather,
    private readonly random: Random,
    private readonly workers: () => readonly SimProcess[],
  ) {}

  /** Has the queue run its jobs here. */
  async attach(state: SharedState): Promise<void> {
    this.generation += 1;
    state.queue.attach(bindHandlers(JOB_HANDLERS, (type) => this.handlerOf(type)));
    await state.queue.start();
  }

  /** A worker has died, or stands still for that long. */
  silent(worker: SimProcess, forMs: number): void {
    if (forMs < STALLED_AFTER_MS) return;
    const lost = [...this.runs].filter((run) => run.worker === worker);
    this.scheduler.after(
      this.random.between(STALLED_AFTER_MS / 2, STALLED_AFTER_MS),
      null,
      `jobs of ${worker.name} stall`,
      () => {
        for (const { stall } of lost) stall();
      },
    );
  }

  private handlerOf(type: AnyHandlerClass): Handler {
    // Ids of BullMQ's jobs are random; those of a queue in memory begin anew with it.
    const { generation } = this;
    return {
      handle: (payload, context) => this.run(type, payload, { ...context, jobId: `${generation}-${context.jobId}` }),
    };
  }

  private run(type: AnyHandlerClass, payload: JobPayload, context: JobContext): Promise<RunAgain | void> {
    const { promise, resolve, reject } = Promise.withResolvers<RunAgain | void>();
    const label = `${type.name} ${Object.values(payload).join(' ').trim()}`;
    const take = (): void => {
      if (context.signal.aborted) {
        resolve();
        return;
      }
      const free = this.workers().filter((worker) => worker.takesJobs && worker.pausedUntilMs <= this.scheduler.now());
      if (free.length === 0 || this.weather.conditions.isRedisAway) {
        this.scheduler.after(LOOKS_AGAIN_MS, null, `waits ${label}`, take);
        return;
      }
      this.begin(this.random.pick(free), type, label, payload, context, resolve, reject);
    };
    this.scheduler.after(this.random.between(0, 20), null, `due ${label}`, take);
    return promise;
  }

  private begin(
    worker: SimProcess,
    type: AnyHandlerClass,
    label: string,
    payload: JobPayload,
    context: JobContext,
    resolve: (outcome: RunAgain | void) => void,
    reject: (error: unknown) => void,
  ): void {
    const run: Run = {
      worker,
      stall: () => {
        this.runs.delete(run);
        resolve({ runAgainInMs: 0 });
      },
    };
    this.runs.add(run);
    const ending = new AbortController();
    context.signal.addEventListener('abort', () => {
      this.scheduler.after(1, worker, `abort ${label}`, () => ending.abort(context.signal.reason));
    });
    const end = (settle: () => void): void => {
      this.scheduler.after(this.random.between(0, 5), null, `${worker.name} ends ${label}`, () => {
        this.runs.delete(run);
        settle();
      });
    };
    this.scheduler.after(0, worker, `run ${label}`, () => {
      worker
        .get(type)
        .handle(payload, { ...context, signal: ending.signal })
        .then(
          (outcome) => end(() => resolve(outcome)),
          (error: unknown) => end(() => reject(error)),
        );
    });
  }
}
