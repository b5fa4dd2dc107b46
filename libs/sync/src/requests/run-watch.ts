import { delay } from '@app/platform';
import type { SyncResult } from '../run/sync-report.js';
import { type SyncStatusStore, SyncStatusUnavailableError } from '../status/sync-status-store.port.js';
import type { SyncStatusView } from '../status/sync-status-view.js';

/** Runs of a small fleet take less than a second; long ones are not asked for more often than this. */
const PAUSE_MS = { first: 50, longest: 1_000 } as const;

/**
 * Waits for what becomes of a run. The event of its end says when to ask; as dry runs have none, and an event can come
 * late, it is asked for now and then as well. To be made before the run can begin.
 */
export class RunWatch {
  private readonly unsubscribe: () => void;
  private ended = new AbortController();

  constructor(
    private readonly store: SyncStatusStore,
    view: SyncStatusView,
    private readonly runId: string,
  ) {
    this.unsubscribe = view.subscribe(({ type, run }) => {
      if (run.runId === runId && (type === 'sync.completed' || type === 'sync.failed')) this.ended.abort();
    });
  }

  /** @returns null when the signal came first */
  async result(signal: AbortSignal): Promise<SyncResult | null> {
    let pauseMs: number = PAUSE_MS.first;
    while (!signal.aborted) {
      const result = await this.ask();
      if (result !== null) return result;
      await delay(pauseMs, AbortSignal.any([signal, this.ended.signal]));
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
      if (!this.ended.signal.aborted) continue;
      // The result is there, or comes within moments.
      pauseMs = PAUSE_MS.first;
      this.ended = new AbortController();
    }
    return null;
  }

  close(): void {
    this.unsubscribe();
  }

  private async ask(): Promise<SyncResult | null> {
    try {
      return await this.store.result(this.runId);
    } catch (error) {
      // The run goes on whether or not it can be asked about now.
      if (error instanceof SyncStatusUnavailableError) return null;
      throw error;
    }
  }
}
