import {
  type FleetRead,
  FleetView,
  type InstanceRecord,
  isInstanceId,
  isLive,
  type NovitaInstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { InstanceCommands, type InstanceRef, lifecycleProblems } from '@app/lifecycle';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { SyncStatusView } from '@app/sync-status';
import { Injectable, Logger } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';

/*
 * How an instance is read for a request: which one its path names, how fresh what we know of it is, and how a reader gets
 * it fresher.
 */

/** The form of an id of the provider, of which is known no more than "letters and digits". */
const FOREIGN_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Documents the `{id}` of an instance. */
export function InstanceIdParam(): MethodDecorator {
  return ApiParam({
    name: 'id',
    description: 'Our id or the Novita id.',
    schema: { type: 'string', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' },
  });
}

/**
 * The id in a path as one of either kind.
 *
 * @throws Problem `instance-not-found` for what cannot be an id at all
 */
export function parseInstanceRef(text: string): InstanceRef {
  if (isInstanceId(text)) return text;
  if (FOREIGN_ID.test(text)) return text as NovitaInstanceId;
  throw instanceNotFound();
}

export function instanceNotFound(): Problem {
  return new Problem(lifecycleProblems['instance-not-found'], { detail: 'There is no instance with this id.' });
}

/** How fresh what we know is, by the records and by the latest listing of the sync. Costs no round trip. */
@Injectable()
export class DataAge {
  constructor(
    private readonly sync: SyncStatusView,
    private readonly clock: Clock,
  ) {}

  asOf(record: InstanceRecord): Timestamp {
    return dataAsOf(record, this.listedAt());
  }

  /** The same of one that was read; no later than the time since when it may lag behind the store. */
  asOfRead(stored: StoredInstance | FleetRead): Timestamp {
    const asOf = this.asOf(stored.record);
    return 'behindSince' in stored && stored.behindSince !== null && stored.behindSince < asOf
      ? stored.behindSince
      : asOf;
  }

  /**
   * Null for a list of nothing while no listing has completed: Novita was never asked.
   * @param behindSince since when the records may lag behind the store; null when they do not
   */
  asOfAll(records: readonly InstanceRecord[], behindSince: Timestamp | null = null): Timestamp | null {
    const listedAt = this.listedAt();
    if (records.length === 0 && listedAt === null) return null;
    return listAsOf(records, listedAt, behindSince ?? this.clock.timestamp());
  }

  /** Whether Novita was observed to agree with it at most so long ago. */
  isFresh(record: InstanceRecord, withinSeconds: number): boolean {
    const confirmedAt = lastConfirmedAt(record, this.listedAt());
    return confirmedAt !== null && Date.parse(confirmedAt) >= this.clock.now() - withinSeconds * 1000;
  }

  private listedAt(): Timestamp | null {
    return this.sync.current().run.instancesAsOf;
  }
}

/** Whether it may lag behind the store. */
export function isBehind(stored: StoredInstance | FleetRead): boolean {
  return 'behindSince' in stored && stored.behindSince !== null;
}

/**
 * When Novita last agreed with the record: when it was asked about the instance, or when the listing began that was last
 * carried through, which had every live instance that it should have had and is not missing.
 *
 * @param listedAt when that listing began; null before the first
 * @returns null when Novita was never asked
 */
export function lastConfirmedAt(record: InstanceRecord, listedAt: Timestamp | null): Timestamp | null {
  const { observedAt } = record;
  if (listedAt === null || !isCovered(record, listedAt)) return observedAt;
  return observedAt !== null && observedAt > listedAt ? observedAt : listedAt;
}

/** Of an instance that was never observed, the age of its desired state, which is all there is to know. */
export function dataAsOf(record: InstanceRecord, listedAt: Timestamp | null): Timestamp {
  return lastConfirmedAt(record, listedAt) ?? record.desired.at;
}

/**
 * A list is as old as its oldest observation. A terminated instance cannot age and does not count.
 *
 * @param now for a list without anything that can age
 */
export function listAsOf(records: readonly InstanceRecord[], listedAt: Timestamp | null, now: Timestamp): Timestamp {
  let oldest = now;
  for (const record of records) {
    if (record.status === 'terminated') continue;
    const asOf = dataAsOf(record, listedAt);
    if (asOf < oldest) oldest = asOf;
  }
  return oldest;
}

/** Whether a listing that began then says something about the record although it was not written for it. */
function isCovered(
  { status, missingSince, novitaInstanceId, timestamps }: InstanceRecord,
  listedAt: Timestamp,
): boolean {
  return isLive(status) && missingSince === null && novitaInstanceId !== null && timestamps.created < listedAt;
}

/** How long a reader who wants a fresh answer waits for Novita at most. */
const REFRESH_LIMIT_MS = 5_000;

export interface FreshRead {
  readonly stored: StoredInstance | FleetRead;
  /** Whether it is as fresh as was asked for. */
  readonly fresh: boolean;
}

/** Reads an instance, and asks Novita first when the reader wants to know it fresher than we do. */
@Injectable()
export class FreshReads {
  private readonly logger = new Logger(FreshReads.name);

  constructor(
    private readonly fleet: FleetView,
    private readonly commands: InstanceCommands,
    private readonly age: DataAge,
  ) {}

  /**
   * @param minFreshSeconds the greatest age that will do
   * @returns null when there is no such instance. When Novita does not answer in time, the instance as we know it
   */
  async read(ref: InstanceRef, minFreshSeconds: number): Promise<FreshRead | null> {
    const stored = await this.fleet.get(ref);
    if (stored === null) return null;
    if (this.age.isFresh(stored.record, minFreshSeconds)) return { stored, fresh: true };
    // What Novita says could not be written.
    if (this.fleet.storeAwaySince() !== null) return { stored, fresh: false };
    if (stored.record.novitaInstanceId === null) return { stored, fresh: false };
    try {
      return { stored: await this.commands.refresh(ref, AbortSignal.timeout(REFRESH_LIMIT_MS)), fresh: true };
    } catch (error) {
      this.logger.warn('the instance could not be refreshed for a reader', {
        err: error,
        instanceId: stored.record.id,
      });
      return { stored, fresh: false };
    }
  }
}

/**
 * The preference `min-fresh=SECONDS` of a `Prefer` header (RFC 7240). A preference that cannot be read is ignored, as
 * the RFC asks.
 *
 * @returns whole seconds, or null when it is not asked for
 */
export function minFreshSeconds(header: string | readonly string[] | undefined): number | null {
  if (header === undefined) return null;
  const preferences = (typeof header === 'string' ? header : header.join(',')).split(',');
  for (const preference of preferences) {
    const match = /^\s*min-fresh\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference);
    if (match !== null) return Number(match[1]);
  }
  return null;
}
