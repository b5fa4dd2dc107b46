import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { CallOptions, Page } from '../novita-api.port.js';
import type {
  NovitaBalance,
  NovitaEndpoint,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaJob,
  NovitaNetworkStorage,
} from '../novita-types.js';
import { readBalance, readEndpoint, readJob, readMetrics, readNetworkStorage } from '../parsing/read-account.js';
import type { ResourceReader } from './resource-reader.js';

export interface MetricsRange {
  readonly from: Timestamp;
  readonly to: Timestamp;
  /** Novita takes more than 15; what it does not like it replaces by its own default, without a word. */
  readonly intervalSeconds: number;
}

/** What the account has beside its instances, and what it measures and owes. */
export class AccountCalls {
  constructor(private readonly reader: ResourceReader) {}

  jobs(options?: CallOptions): AsyncIterable<Page<NovitaJob>> {
    return this.reader.pages(
      { path: '/jobs', key: 'jobs', pageParameter: 'pageNum', read: readJob, idOf: (job) => job.id },
      options,
    );
  }

  networkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>> {
    return this.reader.pages(
      {
        path: '/networkstorages/list',
        key: 'data',
        pageParameter: 'pageNo',
        read: readNetworkStorage,
        idOf: (storage) => storage.id,
      },
      options,
    );
  }

  endpoints(options?: CallOptions): AsyncIterable<Page<NovitaEndpoint>> {
    return this.reader.pages(
      {
        path: '/endpoints',
        key: 'endpoints',
        pageParameter: 'pageNum',
        read: readEndpoint,
        idOf: (endpoint) => endpoint.id,
      },
      options,
    );
  }

  async instanceMetrics(
    id: NovitaInstanceId,
    range?: MetricsRange,
    options?: CallOptions,
  ): Promise<NovitaInstanceMetrics> {
    const query =
      range === undefined
        ? {}
        : {
            startTime: unixSeconds(range.from),
            endTime: unixSeconds(range.to),
            interval: Math.round(range.intervalSeconds),
          };
    return this.reader.one(
      { surface: 'metrics', path: '/metrics/gpu/instance', query: { instanceId: id, ...query }, subject: 'instance' },
      readMetrics,
      options,
    );
  }

  async balance(options?: CallOptions): Promise<NovitaBalance> {
    return this.reader.one(
      { surface: 'billing', path: '/billing/balance/detail', query: {}, subject: null },
      readBalance,
      options,
    );
  }
}

function unixSeconds(timestamp: Timestamp): number {
  return Math.floor(msFromTimestamp(timestamp) / 1_000);
}
