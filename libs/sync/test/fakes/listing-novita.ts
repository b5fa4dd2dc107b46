import {
  type CallOptions,
  type ListedInstance,
  type MalformedItem,
  type Novita,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
  NovitaServerFaultError,
  type Page,
  type ScanOptions,
} from '@app/novita-client';
import { type Clock, timestampFromMs } from '@app/platform';
import { aNovitaInstance, partialNovita } from '@app/testing';
import { NO_PRICES } from '../../src/catalogue/price-book.js';
import type { Observation } from '../../src/reconcile/observation.js';
import { at } from './a-run.js';

export function novitaId(n: number): NovitaInstanceId {
  return n.toString(16).padStart(16, '0') as NovitaInstanceId;
}

/** An instance as the provider shows it, made a day ago; everything that a test does not set is empty. */
export function aListedInstance(overrides: Partial<NovitaInstance> = {}): NovitaInstance {
  return aNovitaInstance({
    id: novitaId(1),
    createdAt: timestampFromMs(Date.UTC(2025, 11, 31)),
    ...overrides,
  });
}

/** @param seconds after the start of 2026 */
export function listedAt(seconds: number, overrides: Partial<Observation> = {}): Observation {
  return { at: at(seconds), source: 'list', prices: NO_PRICES, ...overrides };
}

/** How the next listing goes wrong. Every one but `unclean` calls itself clean. */
export interface ListingFault {
  /** It shows the instances as they were so many milliseconds ago. */
  readonly lagMs?: number;
  readonly empty?: boolean;
  /** It lacks these although they are there. */
  readonly lacks?: ReadonlySet<string>;
  /** Every page begins with the last item of the page before, and the verdict says so. */
  readonly duplicates?: boolean;
  /** It lacks the last item of every page but the first, and the verdict says so. */
  readonly unclean?: boolean;
  /** These cannot be read. */
  readonly unreadable?: ReadonlySet<string>;
  /** This page is answered with a fault of the provider. */
  readonly failsAtPage?: number;
}

interface Moment {
  readonly atMs: number;
  readonly instances: ReadonlyMap<NovitaInstanceId, NovitaInstance>;
}

const MEMORY_MS = 600_000;
const CALL = { call: 'GET /gpu/instance' };

/** The provider's instances, as listed and as read one by one. What is `removed` is not there any more. */
export class ListingNovita {
  readonly instances = new Map<NovitaInstanceId, NovitaInstance>();
  private history: Moment[] = [];
  private made = 0;
  /** Of the next listing and all that follow, until it is replaced; an array is used up one by one, then none. */
  faults: ListingFault[] = [];
  /** GETs of these fail without proving anything. */
  readonly unreachable = new Set<string>();
  /** Called before every page: what happens meanwhile. */
  onPage: (index: number) => void | Promise<void> = () => undefined;
  /** Called before every answer to a GET. */
  onGet: (id: NovitaInstanceId) => void | Promise<void> = () => undefined;
  gets = 0;
  listings = 0;
  reads = 0;

  constructor(
    private readonly clock: Clock,
    private readonly pageSize = 3,
  ) {}

  /** @returns the provider's id: its own unless one is given */
  put(overrides: Partial<NovitaInstance> = {}): NovitaInstanceId {
    this.made += 1;
    const instance = aListedInstance({ id: novitaId(0xf000 + this.made), ...overrides });
    this.instances.set(instance.id, instance);
    this.remember();
    return instance.id;
  }

  set(id: NovitaInstanceId, changed: Partial<NovitaInstance>): void {
    const instance = this.instances.get(id);
    if (instance === undefined) throw new Error(`there is no ${id}`);
    this.instances.set(id, { ...instance, ...changed });
    this.remember();
  }

  vanish(id: NovitaInstanceId): void {
    this.instances.delete(id);
    this.remember();
  }

  get api(): Novita {
    return partialNovita({
      instances: { scan: (options) => this.scan(options), get: (id, options) => this.get(id, options) },
    });
  }

  private async get(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance> {
    options?.signal?.throwIfAborted();
    this.gets += 1;
    await this.onGet(id);
    if (this.unreachable.has(id)) throw new NovitaServerFaultError('boom', CALL);
    const instance = this.instances.get(id);
    if (instance === undefined) throw new NovitaNotFoundError('no such instance', CALL);
    return instance;
  }

  private async *scan(options?: ScanOptions): AsyncGenerator<Page<ListedInstance>, void, undefined> {
    this.listings += 1;
    const startedAt = this.clock.timestamp();
    const fault = this.faults.shift() ?? {};
    const shown = this.shown(fault);
    const perPage = this.pageSize;
    const pages = Math.max(1, Math.ceil(shown.length / perPage));
    const seen = new Set<string>();
    for (let index = 0; index < pages; index++) {
      options?.signal?.throwIfAborted();
      await this.onPage(index);
      if (fault.failsAtPage === index) throw new NovitaServerFaultError('boom', CALL);
      const from = index * perPage - (fault.duplicates === true && index > 0 ? 1 : 0);
      const to = (index + 1) * perPage - (fault.unclean === true && index > 0 ? 1 : 0);
      const items = shown.slice(from, to).map((instance) => this.listed(instance, fault));
      for (const { id } of items) seen.add(id);
      const reason = fault.duplicates === true ? 'ids came more than once' : 'the total changed between pages';
      const clean = fault.duplicates !== true && fault.unclean !== true;
      const verdict = {
        clean,
        reason: clean ? null : reason,
        startedAt,
        total: shown.length,
        distinct: seen.size,
        pages,
      };
      yield { items, total: shown.length, malformed: [], index, verdict: index === pages - 1 ? verdict : null };
    }
  }

  private shown({ lagMs = 0, empty, lacks }: ListingFault): NovitaInstance[] {
    if (empty === true) return [];
    const atMs = this.clock.now() - lagMs;
    const then = lagMs === 0 ? undefined : this.history.findLast((moment) => moment.atMs <= atMs);
    const instances = lagMs === 0 ? this.instances : (then?.instances ?? new Map<NovitaInstanceId, NovitaInstance>());
    return [...instances.values()].filter(({ id }) => lacks?.has(id) !== true);
  }

  private listed(instance: NovitaInstance, { unreadable }: ListingFault): ListedInstance {
    const broken: MalformedItem = { path: 'instances[0].status', reason: 'missing' };
    return {
      id: instance.id,
      digest: JSON.stringify(instance),
      read: () => {
        this.reads += 1;
        return unreadable?.has(instance.id) === true ? broken : instance;
      },
    };
  }

  private remember(): void {
    const atMs = this.clock.now();
    this.history = this.history.filter((moment) => moment.atMs > atMs - MEMORY_MS);
    this.history.push({ atMs, instances: new Map(this.instances) });
  }
}
