import { msFromTimestamp } from '@app/platform';
import { isAfter, type StreamPosition, streamPosition } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { IdleTracker } from '../ports/idle-tracker.port.js';
import { InstanceRecords, updateInstance } from '../ports/instance-records.port.js';
import { type FeedState, ReadMarks } from '../ports/read-marks.port.js';
import { MAX_BATCH } from '../ports/store-errors.js';
import { recordWithDesiredState } from '../record/desired-state.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { FEED_START, FleetCopy, type NextCopy } from './fleet-copy.js';

/** The latest knowledge of the store's data. */
export interface KnownData {
  readonly incarnation: string | null;
  /** Of the feed's latest entry. */
  readonly position: StreamPosition;
}

/** `trimmed`: the cap has taken entries away, and no data. */
export type FeedVerdict = 'whole' | 'trimmed' | 'lost';

/**
 * Whether the store has lost data since. A cap takes the oldest entries away first, and never the latest. So an entry
 * is lost when it is missing although an earlier one is there, or although it was the latest. Pure.
 */
export function feedVerdict({ incarnation, position }: KnownData, state: FeedState): FeedVerdict {
  if (incarnation !== null && state.incarnation !== incarnation) return 'lost';
  if (state.holds) return 'whole';
  const [first, latest] = [state.first, state.latest].map((id) => streamPosition(id) ?? FEED_START) as [
    StreamPosition,
    StreamPosition,
  ];
  const hasEntries = isAfter(latest, FEED_START);
  if (!isAfter(position, FEED_START)) return hasEntries ? 'trimmed' : 'whole';
  return !hasEntries || isAfter(position, latest) || isAfter(position, first) ? 'lost' : 'trimmed';
}

export interface WrittenBack {
  readonly restored: number;
  /** Second records of the same instances that were removed, so that the first ones could be restored. */
  readonly replaced: number;
  readonly removedAgain: number;
  readonly desiredAgain: number;
  /** The records that the store holds in no revision, or in an earlier one, although they were to be restored. */
  readonly refused: readonly InstanceId[];
}

/** A sync that runs meanwhile may make a second record once more; not many times, as a run lists an instance once. */
const MAX_ROUNDS = 5;

/** Whether nobody but the sync has decided anything about it, as about one that it has just found at Novita. */
function isOfSync({ desired, origin }: InstanceRecord): boolean {
  return desired.by === 'sync' || origin === 'discovered';
}

/** Identities that no two records may share: the provider's id, and the marker unless it is empty. */
function identitiesOf({ novitaInstanceId, marker }: InstanceRecord): readonly string[] {
  return [
    ...(novitaInstanceId === null ? [] : [`id ${novitaInstanceId}`]),
    ...(marker === '' ? [] : [`marker ${marker}`]),
  ];
}

/**
 * Those that are not second records which a sync has made of instances that are among them already. Pure.
 *
 * Ids begin with the time of their making, so that of two records of one instance the one with the smaller id is the first.
 */
export function withoutSecondRecords(all: readonly StoredInstance[]): readonly StoredInstance[] {
  const firsts = firstIds(all);
  return all.filter(({ record }) => !isOfSync(record) || !isSecond(record, firsts));
}

/** The id of the first record of each identity. */
function firstIds(all: readonly StoredInstance[]): ReadonlyMap<string, InstanceId> {
  const firsts = new Map<string, InstanceId>();
  for (const { record } of all) {
    for (const identity of identitiesOf(record)) {
      const first = firsts.get(identity);
      if (first === undefined || record.id < first) firsts.set(identity, record.id);
    }
  }
  return firsts;
}

function isSecond(record: InstanceRecord, firsts: ReadonlyMap<string, InstanceId>): boolean {
  return identitiesOf(record).some((identity) => {
    const first = firsts.get(identity);
    return first !== undefined && first < record.id;
  });
}

/**
 * Writes back the records that the store has lost and this process knows. Several processes may do so at once, and any
 * may be interrupted.
 */
@Injectable()
export class DataLossRepair {
  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly marks: ReadMarks,
    private readonly copy: FleetCopy,
  ) {}

  /** @param found the records that the store holds; updated with those that are written back */
  async run(found: NextCopy, signal: AbortSignal): Promise<WrittenBack> {
    const removed = new Set(await this.marks.removals());
    const lost: StoredInstance[] = [];
    const undone: InstanceRecord[] = [];
    for (const stored of withoutSecondRecords([...this.copy.confirmed()])) {
      const { record } = stored;
      // Ids are never reused, so a record that was removed once must not come back.
      if (removed.has(record.id) || this.copy.wasRemoved(record.id)) continue;
      const held = found.index.get(record.id);
      if (held === null || held.revision < record.revision) lost.push(stored);
      else if (isUndone(record, held)) undone.push(record);
    }
    const refused: InstanceId[] = [];
    let restored = 0;
    let replaced = 0;
    for (let from = 0; from < lost.length && !signal.aborted; from += MAX_BATCH) {
      const batch = await this.putBack(lost.slice(from, from + MAX_BATCH), found, signal);
      restored += batch.restored;
      replaced += batch.replaced;
      refused.push(...batch.refused);
    }
    const removedAgain = await this.removeAgain(found, signal);
    for (const record of undone) if (!signal.aborted) await this.desireAgain(record, found);
    signal.throwIfAborted();
    return { restored, replaced, removedAgain, desiredAgain: undone.length, refused };
  }

  private async putBack(
    batch: readonly StoredInstance[],
    found: NextCopy,
    signal: AbortSignal,
  ): Promise<Pick<WrittenBack, 'restored' | 'replaced' | 'refused'>> {
    let restored = await this.records.restore(batch);
    let refused = await this.settle(batch, found);
    let replaced = 0;
    for (let round = 0; round < MAX_ROUNDS && refused.length > 0 && !signal.aborted; round++) {
      const removed = await this.removeSecondRecords(refused);
      // What another process removes at the same time counts as well.
      if (removed === null) break;
      replaced += removed;
      restored += await this.records.restore(refused);
      refused = await this.settle(refused, found);
    }
    return { restored, replaced, refused: refused.map(({ record }) => record.id) };
  }

  /**
   * Another process may have restored a record with an earlier use.
   * @returns those that the store holds in no revision, or in an earlier one
   */
  private async settle(batch: readonly StoredInstance[], found: NextCopy): Promise<StoredInstance[]> {
    const held = await this.marks.versions(batch.map(({ record }) => record.id));
    const refused: StoredInstance[] = [];
    const touches: Promise<unknown>[] = [];
    batch.forEach((stored, place) => {
      const { record, lastUsedAt } = stored;
      const version = held[place] ?? null;
      if (version === null || version.revision < record.revision) refused.push(stored);
      else {
        if (version.revision === record.revision) found.index.put(record);
        const isLater = lastUsedAt !== null && (version.lastUsedAt === null || version.lastUsedAt < lastUsedAt);
        if (isLater) touches.push(this.idle.touch(record.id, lastUsedAt));
      }
    });
    await Promise.all(touches);
    return refused;
  }

  /**
   * Removes the second records that a sync has made meanwhile of instances that are refused, so that ids and desired
   * states stay. In one go: the instances are without any record until they are restored.
   *
   * @returns how many were removed; null when none stands in the way
   */
  private async removeSecondRecords(refused: readonly StoredInstance[]): Promise<number | null> {
    const novitaIds = refused.flatMap(({ record }) => record.novitaInstanceId ?? []);
    const markers = refused.flatMap(({ record }) => (record.marker === '' ? [] : [record.marker]));
    const holders = await Promise.all([
      this.records.getManyByNovitaId(novitaIds),
      this.records.getManyByMarker(markers),
    ]);
    const firsts = firstIds(refused);
    const second = new Map<InstanceId, InstanceRecord>();
    for (const { record } of holders.flat()) {
      if (isOfSync(record) && isSecond(record, firsts)) second.set(record.id, record);
    }
    if (second.size === 0 && holders.some((held) => held.length > 0)) return null;
    const outcomes = await Promise.all(
      Array.from(second.values(), ({ id, revision }) => this.records.remove(id, revision)),
    );
    return outcomes.filter((outcome) => outcome === 'removed').length;
  }

  private async removeAgain(found: NextCopy, signal: AbortSignal): Promise<number> {
    let count = 0;
    for (const id of this.copy.removedIds()) {
      const record = found.index.get(id);
      if (record === null) continue;
      signal.throwIfAborted();
      if ((await this.records.remove(id, record.revision)) === 'removed') count++;
      found.index.remove(id);
    }
    return count;
  }

  private async desireAgain({ id, desired }: InstanceRecord, found: NextCopy): Promise<void> {
    const result = await updateInstance(this.records, id, { kind: 'command' }, (current) =>
      current.desired.at < desired.at
        ? recordWithDesiredState(current, desired.state, desired.by, msFromTimestamp(desired.at))
        : current,
    );
    if (result.outcome !== 'missing') found.index.put(result.stored.record);
  }
}

/**
 * Whether the store lacks a stop or delete that was acknowledged, although the record was written since. Starts do not
 * count: money may be ended, not begun.
 */
function isUndone({ desired }: InstanceRecord, held: InstanceRecord): boolean {
  return desired.state !== 'running' && held.desired.at < desired.at && held.desired.state !== desired.state;
}
