import { type JobPayload, type SyncPayload, WorkerPresence } from '@app/jobs';
import { ProcessIdentity } from '@app/platform';
import type { SyncEvent, SyncSnapshot } from '@app/sync-status';
import { SyncStatusView } from '@app/sync-status';
import { SequentialIds } from '@app/testing';
import type { RunOptions } from '../../src/model/run-options.js';
import { SyncProcessor } from '../../src/runner/sync.processor.js';
import { QueuedSyncRequests, RequestTurns, RunResults } from '../../src/schedule/sync-requests.js';
import { type FakePass, NEVER, RunWorld } from './run-world.js';

class Presence extends WorkerPresence {
  alive: boolean | Error = true;

  override async isAnyAlive(): Promise<boolean> {
    await Promise.resolve();
    if (this.alive instanceof Error) throw this.alive;
    return this.alive;
  }
}

/** A copy that gets events only when the test says so. */
class ManualView extends SyncStatusView {
  readonly listeners = new Set<(event: SyncEvent) => void>();
  snapshot: SyncSnapshot | null = null;

  override current(): SyncSnapshot {
    if (this.snapshot === null) throw new Error('no snapshot yet');
    return this.snapshot;
  }

  override subscribe(listener: (event: SyncEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** An API process and, unless the test says otherwise, a worker that takes each job at once. */
export class RequestsWorld extends RunWorld {
  readonly workers = new Presence();
  readonly view = new ManualView();
  readonly requests = new QueuedSyncRequests(
    this.queue,
    this.workers,
    new RequestTurns(this.memoryLocks, new SequentialIds(), new ProcessIdentity('api', 'node-2', 3)),
    new RunResults(this.notes, this.view),
    this.status,
    this.clock,
  );
  /** What the workers still do. */
  working: Promise<unknown> = Promise.resolve();

  constructor(pass: FakePass) {
    super();
    const options: RunOptions = this.options;
    const processor = new SyncProcessor(this.runner(pass), this.status, this.notes, this.clock, options);
    this.queue.onEnqueue = (payload: JobPayload) => {
      const taken = processor.handle(payload as SyncPayload, { jobId: 'j', signal: NEVER, attempt: 1 });
      this.working = Promise.all([this.working, taken]);
    };
  }

  /** Brings the copy up to date, and calls its listeners for every event so far. */
  async emitAll(): Promise<void> {
    this.view.snapshot = await this.status.read();
    for (const event of await this.events()) for (const listener of this.view.listeners) listener(event);
  }
}
