import type { SyncOptions } from '../run/sync-options.js';
import type { SyncReport } from '../run/sync-report.js';
import type { SyncPause } from '../status/sync-status.js';

export type SyncAnswer =
  /** `joined`: of the run that was under way already. */
  | { readonly kind: 'finished'; readonly report: SyncReport; readonly joined: boolean }
  /** It goes on after the patience of the one who asked. */
  | { readonly kind: 'running'; readonly runId: string };

/** What a caller may ask of the sync. Every refusal is a `Problem`. */
export abstract class SyncRequests {
  /**
   * Has a worker run a sync, and waits for its end.
   *
   * @param wait while another one runs: true joins it (and runs afterwards when it was a dry run), false is refused
   * @throws Problem `sync-in-progress` (409, with the owner, its age and Retry-After), `no-worker` (503)
   */
  abstract run(
    options: SyncOptions,
    caller: { readonly keyName: string },
    waiting: { readonly wait: boolean; readonly patienceMs: number; readonly signal: AbortSignal },
  ): Promise<SyncAnswer>;

  /** Has a worker run a sync as soon as it can, and waits for nothing. Several requests at a time are one run. */
  abstract requestRun(): Promise<void>;

  /** No automatic run begins until it is resumed; a run under way ends, and manual ones are carried out. */
  abstract pause(caller: { readonly keyName: string }): Promise<SyncPause>;
  abstract resume(caller: { readonly keyName: string }): Promise<void>;
}
