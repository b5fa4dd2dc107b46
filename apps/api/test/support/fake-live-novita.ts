import {
  type CallOptions,
  type CircuitView,
  type InstanceFilter,
  type MetricsRange,
  NovitaHealth,
  type NovitaInstance,
  type NovitaInstanceId,
  type NovitaInstanceMetrics,
  type NovitaTrouble,
  type Page,
} from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { aNovitaInstance, partialNovita } from '@app/testing';

export const NO_METRICS: NovitaInstanceMetrics = {
  cpuUtilization: [],
  memoryUtilization: [],
  diskUtilization: [],
  gpuUtilization: [],
  gpuMemoryUtilization: [],
};

/** What Novita lists, page by page, and what it measured. */
export class FakeLiveNovita {
  instances: NovitaInstance[] = [];
  pageSize = 2;
  /** What the pages say instead of the truth. */
  total: number | null = null;
  unclean: string | null = null;
  failure: Error | null = null;
  /** Waited for before each page. */
  gate: Promise<void> = Promise.resolve();
  readonly calls: { readonly filter: InstanceFilter | undefined; readonly options: CallOptions | undefined }[] = [];
  pagesSent = 0;
  /** What Novita measured. */
  metrics: NovitaInstanceMetrics = NO_METRICS;
  readonly metricCalls: { readonly id: NovitaInstanceId; readonly range: MetricsRange | undefined }[] = [];
  /** As it was when it was made. */
  clear(): void {
    this.instances = [];
    this.total = null;
    this.unclean = null;
    this.failure = null;
    this.gate = Promise.resolve();
    this.calls.length = 0;
    this.pagesSent = 0;
    this.metrics = NO_METRICS;
    this.metricCalls.length = 0;
  }

  /** As the API sees it. */
  readonly client = partialNovita({
    instances: {
      list: (filter, options) => this.list(filter, options),
      metrics: (id, range) => this.measure(id, range),
    },
  });

  private async measure(id: NovitaInstanceId, range?: MetricsRange): Promise<NovitaInstanceMetrics> {
    this.metricCalls.push({ id, range });
    await this.gate;
    if (this.failure !== null) throw this.failure;
    return this.metrics;
  }

  private async *list(filter?: InstanceFilter, options?: CallOptions): AsyncIterable<Page<NovitaInstance>> {
    this.calls.push({ filter, options });
    const total = this.total ?? this.instances.length;
    const pages = Math.max(1, Math.ceil(this.instances.length / this.pageSize));
    for (let index = 0; index < pages; index++) {
      await this.gate;
      options?.signal?.throwIfAborted();
      if (this.failure !== null) throw this.failure;
      this.pagesSent++;
      const items = this.instances.slice(index * this.pageSize, (index + 1) * this.pageSize);
      yield { items, total, malformed: [], index, verdict: index === pages - 1 ? this.verdict(total, pages) : null };
    }
  }

  private verdict(total: number, pages: number): NonNullable<Page<NovitaInstance>['verdict']> {
    const startedAt = timestampFromMs(Date.UTC(2026, 0, 1, 11, 59, 30));
    const distinct = new Set(this.instances.map(({ id }) => id)).size;
    return { clean: this.unclean === null, reason: this.unclean, startedAt, total, distinct, pages };
  }
}

export function aListedInstance(id: string, overrides: Partial<NovitaInstance> = {}): NovitaInstance {
  return aNovitaInstance({
    id: id as NovitaInstanceId,
    name: `name-of-${id}`,
    clusterName: 'CN-HK-01',
    envs: [{ key: 'TOKEN', value: 'secret-env' }],
    kind: null,
    createdAt: null,
    ssh: { command: 'ssh root@host', password: 'secret-ssh' },
    ...overrides,
  });
}

/** Well unless a test says otherwise. */
export class FakeNovitaHealth extends NovitaHealth {
  known: NovitaTrouble | null = null;

  override circuitState(): CircuitView {
    return 'closed';
  }

  override lastAnswerAt(): Timestamp | null {
    return '2026-01-01T11:00:00.000Z' as Timestamp;
  }

  /** What answers says of itself. */
  isSandbox: boolean | null = null;

  override sandbox(): boolean | null {
    return this.isSandbox;
  }

  override trouble(): NovitaTrouble | null {
    return this.known;
  }
}
