import {
  carriesMarker,
  type InstanceRecord,
  InstanceRecords,
  isMigrationDue,
  isMigrationOpen,
  isPurchaseDue,
  parseMarkedName,
} from '@app/instance-store';
import {
  type CallOptions,
  mayBill,
  Novita,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
  type NovitaJob,
  NovitaNotFoundError,
  type Page,
  phaseOf,
} from '@app/novita-client';
import { Clock, type Timestamp } from '@app/platform';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Catalogue, currentOffers } from '../catalogue/catalogue-cache.js';
import { providerErrorOf } from '../problems/provider-errors.js';
import { isMigrationJob, jobsSince, MIGRATION_JOBS } from '../state-machine/migration-jobs.js';
import type { MarkerSearch, MigrationTrace, Observation, Step } from '../state-machine/model.js';

/*
 * What Novita says about one record: a GET by its id, a search for its marker in a listing, or both.
 */

/** An instance that is known to exist, and its marker. */
interface KnownInstance {
  readonly instance: NovitaInstance;
  readonly marker: string;
}

/**
 * The listing in which a marker is searched for. Novita calls the name filter of its listing fuzzy and does not say
 * which names match. An absence is concluded from this listing, so the filter is used only after it has found, in this
 * process, the marker of an instance that is known to exist. Until then every instance is listed.
 */
@Injectable()
export class MarkerListing {
  private readonly logger = new Logger(MarkerListing.name);
  private isFilterProven = false;
  /** Once in the life of a process: a filter that has failed is not asked again in every search. */
  private wasTried = false;

  constructor(private readonly novita: Novita) {}

  /**
   * Pages that hold every instance with this marker, and others too; the last carries the verdict. When the filter
   * proves itself on the way, the listing begins anew with it, so an instance may be shown twice.
   */
  async *pages(marker: string, options: CallOptions): AsyncGenerator<Page<NovitaInstance>> {
    if (!this.isFilterProven) {
      for await (const page of this.novita.instances.list({}, options)) {
        const known = this.wasTried ? null : firstMarked(page.items);
        if (known !== null) {
          this.isFilterProven ||= await this.finds(known, options);
          this.wasTried = true;
        }
        if (this.isFilterProven && page.verdict === null) break;
        yield page;
        if (page.verdict !== null) return;
      }
    }
    yield* this.novita.instances.list({ name: marker }, options);
  }

  private async finds({ instance, marker }: KnownInstance, options: CallOptions): Promise<boolean> {
    for await (const page of this.novita.instances.list({ name: marker }, options)) {
      if (page.items.some(({ id, name }) => id === instance.id && carriesMarker(name, marker))) return true;
    }
    this.logger.warn("Novita's name filter does not find a marker that is there; every instance is listed instead", {
      novitaInstanceId: instance.id,
      marker,
    });
    return false;
  }
}

/** The first that carries a marker, of whatever fleet, and is not on its way out. */
function firstMarked(instances: readonly NovitaInstance[]): KnownInstance | null {
  for (const instance of instances) {
    const phase = phaseOf(instance.status);
    const marker = parseMarkedName(instance.name)?.marker;
    if (marker !== undefined && phase !== 'gone' && phase !== 'removing') return { instance, marker };
  }
  return null;
}

type ObserveBy = Extract<Step, { kind: 'look' }>['by'];

/** Says which instances at the provider have a record. */
export type RecordHolders = Pick<InstanceRecords, 'getManyByNovitaId'>;

/** Observes one record at the provider. A failed call is an observation too: an unclear one. */
@Injectable()
export class ProviderObserver {
  constructor(
    private readonly novita: Novita,
    @Inject(InstanceRecords) private readonly records: RecordHolders,
    private readonly clock: Clock,
    private readonly listing: MarkerListing,
    @Inject(Catalogue) private readonly catalogue: Pick<Catalogue, 'products' | 'clusters'>,
  ) {}

  /**
   * @param by `id`: read it. `marker`: search for what carries the record's marker. `both`: an id is known, and a
   *   create or a migration may have made another, or one is to be bought. `id-then-marker`: read it, and only when it is gone search for what
   *   else carries the marker, so that a failing search does not hold up a delete
   */
  async observe(record: InstanceRecord, by: ObserveBy, options: CallOptions): Promise<Observation> {
    const id = by === 'marker' ? null : record.novitaInstanceId;
    // The time of an observation is that of its beginning: later changes may not be in it.
    const at = this.clock.timestamp();
    try {
      const searchesAtOnce = by === 'marker' || by === 'both';
      const [searched, instance, traced] = await Promise.all([
        searchesAtOnce ? this.search(record, at, options) : null,
        id === null ? null : this.get(id, options),
        this.trace(record, at, options),
      ]);
      const trace = traced === null ? {} : { trace: traced };
      const isGone = instance === null || phaseOf(instance.status) === 'gone';
      const search = by === 'id-then-marker' && isGone ? await this.searchBeside(record, at, options) : searched;
      const match = search === null ? undefined : keptOf(search);
      if (instance !== null && (by !== 'id-then-marker' || match === undefined)) {
        return { kind: 'found', instance, source: 'get', at, search, ...trace };
      }
      if (match !== undefined) return { kind: 'found', instance: match, source: 'list', at, search, ...trace };
      if (id !== null) return { kind: 'absent', source: 'get', at, search, ...trace };
      if (search?.clean === true) return { kind: 'absent', source: 'list', at, search };
      return { kind: 'unclear', error: UNCLEAN };
    } catch (error) {
      if (error instanceof NovitaError) return { kind: 'unclear', error: providerErrorOf(error) };
      throw error;
    }
  }

  /** @returns null for a record that has no migration to follow */
  private async trace(
    record: InstanceRecord,
    beganAt: Timestamp,
    options: CallOptions,
  ): Promise<MigrationTrace | null> {
    const { migration, desired } = record;
    const needsJobs = isMigrationOpen(migration) || (desired.state === 'running' && isMigrationDue(migration));
    const replaced = migration?.replaced ?? null;
    if (!needsJobs && replaced === null) return null;
    const needsOffers = desired.state === 'running' && isPurchaseDue(migration);
    const [jobs, old, offers] = await Promise.all([
      needsJobs && migration !== null ? this.jobs(jobsSince(record, migration), beganAt, options) : null,
      replaced === null ? null : this.get(replaced, options),
      needsOffers ? currentOffers(this.catalogue) : undefined,
    ]);
    const phase = old === null ? 'gone' : phaseOf(old.status);
    const isLeaving = phase === 'removing' || phase === 'gone';
    return {
      jobs,
      replacedIsGone: replaced === null ? null : isLeaving,
      ...(replaced !== null && { replacedMayBill: mayBill(phase) }),
      ...(offers !== undefined && { offers }),
    };
  }

  private async jobs(since: Timestamp, beganAt: Timestamp, options: CallOptions): Promise<MigrationTrace['jobs']> {
    const items: NovitaJob[] = [];
    // Novita filters by one type at a time.
    const verdicts = await Promise.all(
      MIGRATION_JOBS.map(async (type) => {
        let clean = false;
        for await (const page of this.novita.account.jobs({ type, since }, options)) {
          items.push(...page.items.filter(isMigrationJob));
          clean = page.verdict?.clean ?? false;
        }
        return clean;
      }),
    );
    return { beganAt, clean: verdicts.every(Boolean), items };
  }

  private async get(id: NovitaInstanceId, options: CallOptions): Promise<NovitaInstance | null> {
    try {
      return await this.novita.instances.get(id, options);
    } catch (error) {
      if (error instanceof NovitaNotFoundError) return null;
      throw error;
    }
  }

  /** The others that carry the marker: listings may go on to show the instance that a GET has denied. */
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

  /** A person may have adopted a duplicate as an instance of its own; then it belongs to that record. */
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

/** Those without a time of creation come last; equal ones in the order of their ids, so that every search agrees. */
function olderFirst(one: NovitaInstance, other: NovitaInstance): number {
  const [a, b] = [one.createdAt ?? '~', other.createdAt ?? '~'];
  if (a !== b) return a < b ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
