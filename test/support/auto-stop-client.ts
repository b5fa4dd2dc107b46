import type { Answer, ApiClient } from './api-client.js';
import { until } from './until.js';

/** What a test reads of `GET /instances/{id}/idle`, and of each verdict of a dry run. */
export interface IdleAnswer {
  readonly instanceId: string;
  readonly verdict: 'keep' | 'warn' | 'stop';
  readonly rule: string;
  readonly exemption?: string;
  readonly reason: string;
  readonly idleSince?: string;
  readonly stopAt?: string;
  readonly signs: readonly { readonly kind: string; readonly at: string; readonly by: string }[];
  readonly whatWouldChangeIt: readonly string[];
}

export interface AuditEntry {
  readonly at: string;
  readonly kind: 'status' | 'wish' | 'settings' | 'lease' | 'warning' | 'decision' | 'repair';
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
}

/** What a test reads of a check. */
export interface Check {
  readonly checkId: string;
  readonly trigger: 'schedule' | 'manual';
  readonly startTime: string;
  readonly endTime: string;
  readonly suspended?: string;
  readonly checked: number;
  readonly eligible: number;
  readonly warned: number;
  readonly stopped: number;
  readonly failed: number;
}

export interface DryRun extends Check {
  readonly verdicts: readonly (IdleAnswer & { readonly outcome: string })[];
}

export interface AutoStopStats {
  readonly enabled: boolean;
  readonly lastRun?: Check;
  readonly nextRun?: string;
  readonly checked: number;
  readonly eligible: number;
  readonly stopped: number;
  readonly failed: number;
  readonly suspended?: string;
  readonly idle: { readonly instances: number } | null;
  readonly savedUsd: number;
}

export interface TouchAnswer {
  readonly instanceId: string;
  readonly lastUsedAt: string;
  readonly status: string;
  readonly message: string;
}

/** Auto-stop as a client asks for it. */
export class AutoStopClient {
  constructor(readonly api: ApiClient) {}

  async idle(id: string): Promise<IdleAnswer> {
    return this.ok('GET', `/api/v1/instances/${id}/idle`);
  }

  /** The latest first. */
  async auditLog(id: string): Promise<readonly AuditEntry[]> {
    return (await this.ok<{ entries: readonly AuditEntry[] }>('GET', `/api/v1/instances/${id}/events`)).entries;
  }

  async stats(): Promise<AutoStopStats> {
    return (await this.ok<{ data: AutoStopStats }>('GET', '/api/v1/instances/auto-stop/stats')).data;
  }

  async dryRun(): Promise<DryRun> {
    return (await this.ok<{ data: DryRun }>('POST', '/api/v1/instances/auto-stop/trigger', { dryRun: true })).data;
  }

  /** Begins a check. @returns its id */
  async trigger(): Promise<string> {
    const answer = await this.api.request<{ data: { checkId: string } }>('POST', '/api/v1/instances/auto-stop/trigger');
    if (answer.status !== 202) throw new Error(`trigger answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body.data.checkId;
  }

  /** Waits until this check is the latest, and over. */
  async ended(checkId: string): Promise<Check> {
    return until(`check ${checkId} has ended`, async () => {
      const { lastRun } = await this.stats();
      return lastRun?.checkId === checkId && lastRun;
    });
  }

  /** Waits until so many checks have begun and ended from now on. */
  async checks(count: number): Promise<void> {
    let since = new Date().toISOString();
    for (let seen = 0; seen < count; seen++) {
      since = await until('a check begins and ends', async () => {
        const { lastRun } = await this.stats();
        return lastRun !== undefined && lastRun.startTime > since && lastRun.endTime;
      });
    }
  }

  async touch(id: string, body: Readonly<Record<string, string>> = {}): Promise<TouchAnswer> {
    return this.ok('PUT', `/api/v1/instances/${id}/last-used`, body);
  }

  async lease(id: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    return this.ok('PUT', `/api/v1/instances/${id}/lease`, body);
  }

  async endLease(id: string): Promise<Record<string, unknown>> {
    return this.ok('DELETE', `/api/v1/instances/${id}/lease`);
  }

  async set(id: string, autoStop: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    return this.ok('PATCH', `/api/v1/instances/${id}`, { autoStop }, { 'if-match': '*' });
  }

  private async ok<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Body> {
    const answer: Answer<Body> = await this.api.request<Body>(method, path, body, headers);
    if (answer.status === 200) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}
