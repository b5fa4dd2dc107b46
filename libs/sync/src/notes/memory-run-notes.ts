import type { Clock } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import type { SyncResult } from '../model/sync-run.js';
import { RESULT_TTL_MS, RunNotes } from './run-notes.js';

/** What runs leave, within one process. */
export class MemoryRunNotes extends RunNotes {
  private readonly results = new Map<string, { readonly result: SyncResult; readonly untilMs: number }>();
  private held: readonly string[] | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly locks: { holds(hold: LockHold): boolean },
  ) {
    super();
  }

  override putResult(runId: string, result: SyncResult): Promise<void> {
    const now = this.clock.now();
    for (const [id, { untilMs }] of this.results) if (untilMs <= now) this.results.delete(id);
    this.results.set(runId, { result, untilMs: now + RESULT_TTL_MS });
    return Promise.resolve();
  }

  override result(runId: string): Promise<SyncResult | null> {
    const kept = this.results.get(runId);
    return Promise.resolve(kept === undefined || kept.untilMs <= this.clock.now() ? null : kept.result);
  }

  override async putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void> {
    if (!this.locks.holds(hold)) throw new LockLostError(hold.name);
    this.held = ids;
  }

  override heldIds(): Promise<readonly string[] | null> {
    return Promise.resolve(this.held);
  }
}
