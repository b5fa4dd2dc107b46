import type { IdleTracker, InstanceId, InstanceRecords, ListingDigests } from '@app/instance-store';
import type { NovitaApi } from '@app/novita-client';
import type { Clock, IdGenerator } from '@app/platform';
import type { PassContext } from './instance-pass.js';
import type { PassLedger } from './pass-ledger.js';
import type { InstancePassOptions } from './pass-options.js';
import type { RecordWriter } from './record-writer.js';

/** What all parts of one pass work with. */
export interface PassScene {
  readonly context: PassContext;
  readonly options: InstancePassOptions;
  readonly records: InstanceRecords;
  readonly digests: ListingDigests;
  readonly idle: IdleTracker;
  readonly writer: RecordWriter;
  readonly ledger: PassLedger;
  readonly api: NovitaApi;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Calls the life cycle to records that are due; does nothing in a dry run. */
  readonly wake: (ids: readonly InstanceId[]) => Promise<void>;
}
