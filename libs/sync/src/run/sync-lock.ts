import type { SyncOrder } from './sync-options.js';

/** The lock under which a fleet is synced: one run at a time, dry ones included. */
export const SYNC_LOCK = 'sync';

const DRY_RUN = ' dry-run';

/** What the lock is held for: the id of the run, marked when it is a dry one. */
export function purposeOf({ runId, dryRun }: Pick<SyncOrder, 'runId' | 'dryRun'>): string {
  return dryRun ? `${runId}${DRY_RUN}` : runId;
}

export function runOfPurpose(purpose: string): { readonly runId: string; readonly dryRun: boolean } {
  const dryRun = purpose.endsWith(DRY_RUN);
  return { runId: dryRun ? purpose.slice(0, -DRY_RUN.length) : purpose, dryRun };
}
