import type { ApiClient } from './api-client.js';
import type { SyncStatus } from './sync-client.js';
import { until } from './until.js';

/** What one answer said of the sync. */
export interface Glance {
  readonly at: number;
  readonly status: SyncStatus;
  readonly headers: Headers;
}

/** Asks one API for the status again and again in the background, and keeps what it said. */
export class SyncWatch {
  readonly glances: Glance[] = [];
  private ended = false;
  private readonly watching: Promise<void>;

  constructor(private readonly api: ApiClient) {
    this.watching = this.watch();
    // `stop` reports it.
    this.watching.catch(() => undefined);
  }

  /** What it said, each only where it differs from the one before: `status@startTime`. */
  get course(): readonly string[] {
    const all = this.glances.map(({ status: { status, startTime } }) => `${status}@${startTime ?? ''}`);
    return all.filter((text, index) => text !== all[index - 1]);
  }

  async sees(what: string, isIt: (glance: Glance) => boolean): Promise<Glance> {
    return until(`a status that ${what}`, async () => this.glances.find(isIt), {
      everyMs: 10,
    });
  }

  /** @throws what kept the API from answering */
  async stop(): Promise<void> {
    this.ended = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.ended) {
      const { body, headers } = await this.api.request<SyncStatus>('GET', '/api/v1/sync/status');
      this.glances.push({ at: Date.now(), status: body, headers });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The headers that the status in a body goes with, in the three forms of the document. */
export function headersOf(status: SyncStatus): Readonly<Record<string, string | null>> {
  const none = {
    'x-sync-status': status.status,
    'x-sync-step': null,
    'x-sync-progress': null,
    'x-sync-current-resource': null,
    'x-sync-end-time': null,
    'x-sync-duration': null,
  };
  switch (status.status) {
    case 'in_progress':
      return {
        ...none,
        'x-sync-step': status.step ?? null,
        'x-sync-progress': `${status.syncedResources}/${status.totalResources}`,
        'x-sync-current-resource': status.currentResource ?? null,
      };
    case 'completed':
      return { ...none, 'x-sync-end-time': status.endTime ?? null, 'x-sync-duration': `${status.duration}ms` };
    case 'failed':
    case 'not_started':
      return none;
  }
}
