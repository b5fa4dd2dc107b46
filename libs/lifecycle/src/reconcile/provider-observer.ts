import { carriesMarker, type InstanceRecord, InstanceRecords } from '@app/instance-store';
import {
  type CallOptions,
  NovitaApi,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
  phaseOf,
} from '@app/novita-client';
import { Clock, type Timestamp } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Step } from '../decide/decision.js';
import type { MarkerSearch, Observation } from '../decide/observation.js';
import { faultOf } from '../problems/provider-fault.js';
import { MarkerListing } from './marker-listing.js';

type LookBy = Extract<Step, { kind: 'look' }>['by'];

/** Tells which instances at the provider have a record. */
export type RecordHolders = Pick<InstanceRecords, 'getManyByNovitaId'>;

/** Looks at the provider for one record. A failed look is an observation too: an unclear one. */
@Injectable()
export class ProviderObserver {
  constructor(
    private readonly api: NovitaApi,
    @Inject(InstanceRecords) private readonly records: RecordHolders,
    private readonly clock: Clock,
    private readonly listing: MarkerListing,
  ) {}

  /**
   * @param by `id`: read it. `marker`: search for what carries the record's marker. `both`: an id is known, and a
   *   create is open that may have made another. `id-then-marker`: read it, and only when it is gone search for what
   *   else carries the marker, so that a failing search does not hold up a delete
   */
  async look(record: InstanceRecord, by: LookBy, options: CallOptions): Promise<Observation> {
    const id = by === 'marker' ? null : record.novitaInstanceId;
    // The time of a look is that of its beginning: what happened since may not be in it.
    const at = this.clock.timestamp();
    try {
      const searchesAtOnce = by === 'marker' || by === 'both';
      const [searched, instance] = await Promise.all([
        searchesAtOnce ? this.search(record, at, options) : null,
        id === null ? null : this.get(id, options),
      ]);
      const isGone = instance === null || phaseOf(instance.status) === 'gone';
      const search = by === 'id-then-marker' && isGone ? await this.searchBeside(record, at, options) : searched;
      const match = search === null ? undefined : keptOf(search);
      if (instance !== null && (by !== 'id-then-marker' || match === undefined)) {
        return { kind: 'found', instance, source: 'get', at, search };
      }
      if (match !== undefined) return { kind: 'found', instance: match, source: 'list', at, search };
      if (id !== null) return { kind: 'absent', source: 'get', at, search };
      if (search?.clean === true) return { kind: 'absent', source: 'list', at, search };
      return { kind: 'unclear', fault: UNCLEAN };
    } catch (error) {
      if (error instanceof NovitaError) return { kind: 'unclear', fault: faultOf(error) };
      throw error;
    }
  }

  private async get(id: NovitaInstanceId, options: CallOptions): Promise<NovitaInstance | null> {
    try {
      return await this.api.getInstance(id, options);
    } catch (error) {
      if (error instanceof NovitaNotFoundError) return null;
      throw error;
    }
  }

  /** What else carries the marker: listings may go on to show the instance that a GET has denied. */
  private async searchBeside(record: InstanceRecord, at: Timestamp, options: CallOptions): Promise<MarkerSearch> {
    const search = await this.search(record, at, options);
    return { ...search, matches: search.matches.filter(({ id }) => id !== record.novitaInstanceId) };
  }

  private async search(record: InstanceRecord, beganAt: Timestamp, options: CallOptions): Promise<MarkerSearch> {
    const { marker } = record;
    const matches = new Map<NovitaInstanceId, NovitaInstance>();
    let clean = false;
    for await (const page of this.listing.pages(marker, options)) {
      for (const instance of page.items) {
        if (carriesMarker(instance.name, marker) && phaseOf(instance.status) !== 'gone') {
          matches.set(instance.id, instance);
        }
      }
      clean = page.verdict?.clean ?? false;
    }
    return { beganAt, clean, matches: await this.withoutThoseOfOthers(record, [...matches.values()].sort(olderFirst)) };
  }

  /** A person may have adopted a duplicate as an instance of its own; it is that record's then. */
  private async withoutThoseOfOthers(
    record: InstanceRecord,
    matches: readonly NovitaInstance[],
  ): Promise<readonly NovitaInstance[]> {
    const others = matches.filter(({ id }) => id !== record.novitaInstanceId);
    if (others.length === 0) return matches;
    const holders = await this.records.getManyByNovitaId(others.map(({ id }) => id));
    const taken = new Set(
      holders
        .filter(({ record: holder }) => holder.id !== record.id && holder.origin !== 'discovered')
        .map(({ record: holder }) => holder.novitaInstanceId),
    );
    return taken.size === 0 ? matches : matches.filter(({ id }) => !taken.has(id));
  }
}

const UNCLEAN = {
  kind: 'unclean-listing',
  message: 'the listing at Novita changed while it was read, so it proves nothing',
  effectUnknown: false,
  retryAfterMs: null,
} as const;

/** The one to keep: the oldest that is not on its way out, else the oldest. */
function keptOf({ matches }: MarkerSearch): NovitaInstance | undefined {
  return matches.find(({ status }) => phaseOf(status) !== 'removing') ?? matches[0];
}

/** Those without a time of creation come last; equal ones in the order of their ids, so that every look agrees. */
function olderFirst(one: NovitaInstance, other: NovitaInstance): number {
  const [a, b] = [one.createdAt ?? '~', other.createdAt ?? '~'];
  if (a !== b) return a < b ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
