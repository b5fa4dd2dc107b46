import { type InstanceRecord, idWithoutStore } from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { PriceBook } from '../instances/instance-pass.js';
import { adopted } from '../rules/adopt-record.js';
import { discoveredRecord } from '../rules/discovered-record.js';
import { markedByUs } from '../rules/place-listed.js';

/**
 * What a listing of the provider alone tells of an instance, for as long as its record cannot be read. It is ours when
 * its name carries our marker; what it does stands for what is desired. The same instance has the same record in every
 * process that reads the same listing.
 *
 * @param fleetId null when it is not known: then nothing counts as ours
 * @param at when the listing began
 */
export function standInRecord(
  item: NovitaInstance,
  fleetId: string | null,
  { at, prices }: { readonly at: Timestamp; readonly prices: PriceBook },
): InstanceRecord {
  const seen = {
    ...discoveredRecord(item, '', { at, source: 'list', prices }),
    id: idWithoutStore(item.id),
    // Above that of any record: the tags of two answers are the same only where the answers are.
    revision: Math.floor(msFromTimestamp(at) / 1_000),
  };
  const marked = fleetId === null ? null : markedByUs(item.name, fleetId);
  if (marked === null) return seen;
  const ours = adopted(seen, { by: 'sync', now: msFromTimestamp(at), marked });
  // Only our own create puts the marker there. Nothing is due: nobody looks after it before its record is read.
  return { ...ours, origin: 'managed', deadlines: {} };
}
