import { msFromTimestamp, SECOND_MS } from '@app/platform';
import type { AccountResource, BillRange, CallOptions, JobFilter, Page, UsageBill } from '../novita.js';
import type { NovitaBalance, NovitaEndpoint, NovitaInstanceId, NovitaJob } from '../novita-types.js';
import { BALANCE, BILL_LINE, ENDPOINT, JOB } from '../parsing/expected-answers.js';
import { contradictsUnit, linesInDollars, readBillLine } from '../parsing/read-bill.js';
import {
  type Fields,
  fieldsOf,
  idOf,
  instantOf,
  isFields,
  requireText,
  textOf,
  UnreadableAnswerError,
  usdFromBillingAmount,
} from '../parsing/read-value.js';
import type { ResourceReader } from './resource-reader.js';

/** The account over HTTP. */
export class HttpAccount implements AccountResource {
  constructor(private readonly reader: ResourceReader) {}

  jobs({ type, since }: JobFilter = {}, options?: CallOptions): AsyncIterable<Page<NovitaJob>> {
    const startTime = since === undefined ? undefined : Math.floor(msFromTimestamp(since) / SECOND_MS);
    return this.reader.pages(
      {
        path: '/jobs',
        answer: 'jobs',
        key: 'jobs',
        pageParameter: 'pageNum',
        query: { type, startTime },
        read: readJob,
        expected: JOB,
        idOf: (job) => job.id,
      },
      options,
    );
  }

  endpoints(options?: CallOptions): AsyncIterable<Page<NovitaEndpoint>> {
    return this.reader.pages(
      {
        path: '/endpoints',
        answer: 'endpoints',
        key: 'endpoints',
        pageParameter: 'pageNum',
        read: readEndpoint,
        expected: ENDPOINT,
        idOf: (endpoint) => endpoint.id,
      },
      options,
    );
  }

  async balance(options?: CallOptions): Promise<NovitaBalance> {
    return this.reader.one(
      { surface: 'billing', path: '/billing/balance/detail', query: {}, subject: null, expected: BALANCE },
      readBalance,
      options,
    );
  }

  async usageBill({ from, to }: BillRange, options?: CallOptions): Promise<UsageBill> {
    const path = '/billing/bill/list';
    const note = this.reader.notesOf(path);
    const { items, malformed } = await this.reader.all(
      {
        surface: 'billing',
        path,
        key: 'bills',
        query: {
          cycleType: 'Day',
          productCategory: 'gpu',
          startTime: Math.floor(msFromTimestamp(from) / SECOND_MS),
          // Of the last second that belongs to it.
          endTime: Math.ceil(msFromTimestamp(to) / SECOND_MS) - 1,
        },
        read: readBillLine,
        expected: BILL_LINE,
      },
      options,
    );
    // A bill that shows nothing of its unit, such as one paid by voucher, is no surprise.
    if (contradictsUnit(items)) note([{ kind: 'type', name: 'bill.amount in another unit' }]);
    return { lines: linesInDollars(items), unreadable: malformed };
  }
}

/** @throws UnreadableItemError */
export function readJob(item: Fields): NovitaJob {
  const state = isFields(item['state']) ? item['state'] : { state: item['state'] };
  return {
    id: textOf(item['Id']) ?? requireText(item, 'id'),
    type: requireText(item, 'type'),
    state: requireText(state, 'state'),
    errorMessage: textOf(state['errorMessage']) ?? textOf(state['message']) ?? textOf(state['error']),
    instanceId: idOf(item['instanceId']) as NovitaInstanceId | null,
    createdAt: instantOf(item['createdAt']),
  };
}

/** @throws UnreadableItemError */
export function readEndpoint(item: Fields): NovitaEndpoint {
  return {
    id: requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    state: textOf(fieldsOf(item['state'])['state']) ?? textOf(item['state']),
  };
}

/** @throws UnreadableAnswerError when the balance itself is no number; the other amounts count as 0 then */
export function readBalance(answer: Fields): NovitaBalance {
  const availableUsd = usdFromBillingAmount(answer['availableBalance']);
  if (availableUsd === null) throw new UnreadableAnswerError('"availableBalance" is not an amount');
  return {
    availableUsd,
    cashUsd: usdFromBillingAmount(answer['cashBalance']) ?? 0,
    creditLimitUsd: usdFromBillingAmount(answer['creditLimit']) ?? 0,
    outstandingUsd: usdFromBillingAmount(answer['outstandingInvoices']) ?? 0,
  };
}
