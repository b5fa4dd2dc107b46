import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './built-process.js';
import type { SyncStatus } from './sync-client.js';

export const EXAMPLES = join(ROOT, 'docs', 'examples', 'sync-status');

export interface FollowedEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: { readonly type: string; readonly at: string; readonly status: SyncStatus };
}

/** The JavaScript example of docs/sync-status.md, which the tests use as a stranger would. */
export interface SyncExample {
  waitForSync(
    url: string,
    options?: {
      readonly everyMs?: number;
      readonly onProgress?: (status: SyncStatus) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<SyncStatus>;
  syncOfResponse(response: { readonly headers: Headers }): {
    readonly status?: string;
    readonly step?: string;
    readonly currentResource?: string;
    readonly progress?: number;
    readonly endTime?: string;
    readonly durationMs?: number;
    readonly error?: string;
  };
  followSync(
    url: string,
    options: { readonly key: string; readonly lastEventId?: string; readonly signal?: AbortSignal },
  ): AsyncGenerator<FollowedEvent, void, undefined>;
}

export async function loadSyncExample(): Promise<SyncExample> {
  return (await import(pathToFileURL(join(EXAMPLES, 'sync-status.mjs')).href)) as SyncExample;
}
