import { afterEach, beforeEach } from 'vitest';
import type { JobQueue } from '../../src/catalogue/job-queue.port.js';
import type { JobHandlers } from '../../src/running/job-handlers.js';
import type { JobWorkers } from '../../src/running/job-workers.port.js';
import { Recorder } from '../fixtures.js';

export interface JobQueueHarness {
  readonly queue: JobQueue;
  /** The workers of one more process; where there can only be one process, the same again. */
  newWorkers(): JobWorkers;
  close(): Promise<void>;
}

/** A fresh queue and recorder for each test, and workers that are drained after it. */
export class Bench {
  private opened: JobQueueHarness | null = null;
  private started: JobWorkers[] = [];
  recorder = new Recorder();

  constructor(open: () => Promise<JobQueueHarness>) {
    beforeEach(async () => {
      this.opened = await open();
      this.recorder = new Recorder();
    });
    afterEach(async () => {
      await Promise.all(this.started.map((workers) => workers.drain(1_000)));
      this.started = [];
      await this.opened?.close();
    });
  }

  get queue(): JobQueue {
    return this.harness.queue;
  }

  /** Workers that know their handlers and take nothing yet. */
  attach(handlers: JobHandlers): JobWorkers {
    const workers = this.harness.newWorkers();
    workers.attach(handlers);
    return workers;
  }

  async startNow(workers: JobWorkers): Promise<void> {
    await workers.start();
    this.started.push(workers);
  }

  async start(handlers: JobHandlers): Promise<JobWorkers> {
    const workers = this.attach(handlers);
    await this.startNow(workers);
    return workers;
  }

  private get harness(): JobQueueHarness {
    if (this.opened === null) throw new Error('used outside of a test');
    return this.opened;
  }
}
