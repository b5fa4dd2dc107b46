import type { Answer, ApiClient } from './api-client.js';
import { until } from './until.js';

/** What a test reads of `GET /sync/status`. */
export interface SyncStatus {
  readonly status: 'not_started' | 'in_progress' | 'completed' | 'failed';
  readonly step?: string;
  readonly currentResource?: string;
  readonly totalResources: number;
  readonly syncedResources: number;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly duration?: number;
  readonly error?: string;
  readonly resourceStatus: readonly {
    readonly name: string;
    readonly status: string;
    readonly count: number;
    readonly total?: number;
  }[];
  readonly runId?: string;
  readonly trigger?: string;
  readonly held?: { readonly since: string; readonly reason: string; readonly wouldRemove: number };
  readonly nextRun?: string;
  readonly paused?: { readonly since: string; readonly by: string };
  readonly lastSuccess?: { readonly runId: string; readonly startTime: string; readonly endTime: string };
  readonly instancesAsOf?: string;
}

/** What a test reads of the answer to a sync by hand. */
export interface SyncData {
  readonly beforeSync: number;
  readonly afterSync: number;
  readonly novitaInstances: number;
  readonly instancesRemoved: number;
  readonly markedTerminated: number;
  readonly updated: number;
  readonly created: number;
  readonly adopted: number;
  readonly leftMissing: number;
  readonly duration: number;
  readonly held?: { readonly wouldRemove: number; readonly reason: string };
  readonly unclean?: string;
  readonly joined: boolean;
  readonly runId: string;
  readonly failures: readonly { readonly resource: string }[];
  readonly actions?: readonly { readonly action: string; readonly novitaInstanceId: string; readonly reason: string }[];
}

export interface SyncEnvelope {
  readonly success: boolean;
  readonly data: SyncData;
}

export interface SyncRun {
  readonly runId: string;
  readonly trigger: string;
  readonly outcome: string;
  readonly startTime: string;
  readonly endTime: string;
}

export interface SyncBody {
  readonly forceSync?: boolean;
  readonly handleObsoleteInstances?: boolean;
  readonly dryRun?: boolean;
  readonly resources?: readonly string[];
}

/** The sync as a client asks for it and looks at it. */
export class SyncClient {
  constructor(private readonly api: ApiClient) {}

  async status(): Promise<SyncStatus> {
    return (await this.api.request<SyncStatus>('GET', '/api/v1/sync/status')).body;
  }

  /** The latest first. */
  async history(): Promise<readonly SyncRun[]> {
    return (await this.api.request<{ runs: readonly SyncRun[] }>('GET', '/api/v1/sync/history')).body.runs;
  }

  async attempt(body: SyncBody = {}, query = ''): Promise<Answer> {
    return this.api.request('POST', `/api/v1/instances/sync${query}`, body);
  }

  /** A run of its own, carried to its end: the one before may hold the lock for a moment longer. */
  async answered(body: SyncBody = {}): Promise<Answer> {
    const answer = await until('the lock is free', async () => {
      const answer = await this.attempt(body);
      return answer.status !== 409 && answer;
    });
    await until('the status says that it is over', async () => (await this.status()).status !== 'in_progress');
    return answer;
  }

  async envelope(body: SyncBody = {}): Promise<SyncEnvelope> {
    const answer = await this.answered(body);
    if (answer.status !== 200) throw new Error(`the sync answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as unknown as SyncEnvelope;
  }

  /** As `envelope`, of a run in which every kind could be read. */
  async run(body: SyncBody = {}): Promise<SyncData> {
    const { success, data } = await this.envelope(body);
    if (!success) throw new Error(`the sync failed for ${JSON.stringify(data.failures)}`);
    return data;
  }

  /** Waits until this API says so. */
  async becomes(status: SyncStatus['status']): Promise<SyncStatus> {
    return until(`the sync is ${status}`, async () => {
      const present = await this.status();
      return present.status === status && present;
    });
  }
}
