import type { AccountResource, CallOptions, Page } from '../novita.js';
import type { NovitaBalance, NovitaEndpoint, NovitaJob } from '../novita-types.js';
import { readBalance, readEndpoint, readJob } from '../parsing/read-account.js';
import type { ResourceReader } from './resource-reader.js';

/** The account over HTTP. */
export class HttpAccount implements AccountResource {
  constructor(private readonly reader: ResourceReader) {}

  jobs(options?: CallOptions): AsyncIterable<Page<NovitaJob>> {
    return this.reader.pages(
      { path: '/jobs', key: 'jobs', pageParameter: 'pageNum', read: readJob, idOf: (job) => job.id },
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

  async balance(options?: CallOptions): Promise<NovitaBalance> {
    return this.reader.one(
      { surface: 'billing', path: '/billing/balance/detail', query: {}, subject: null },
      readBalance,
      options,
    );
  }
}
