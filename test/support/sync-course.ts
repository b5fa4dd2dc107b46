import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** What the view of the sync showed of a sync at one moment. */
export interface SyncSnapshot {
  readonly isRunning: boolean;
  /** Of the progress bar. */
  readonly value: number;
  readonly max: number;
  readonly label: string;
  /** The one that is marked as the present one; empty when none is. */
  readonly step: string;
  /** One line for each kind of resource. */
  readonly resources: readonly string[];
}

/** Keeps from now on whatever the page shows of syncs. @returns what was shown so far, in order */
export async function recordSyncs(page: Page): Promise<() => Promise<readonly SyncSnapshot[]>> {
  await page.evaluate(await readFile(join(import.meta.dirname, 'in-page', 'sync-course.js'), 'utf8'));
  return () => page.evaluate<readonly SyncSnapshot[]>('syncCourse');
}
