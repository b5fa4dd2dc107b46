import {
  CatalogueMirror,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
} from '@app/catalogue-mirror';
import {
  type CallOptions,
  Novita,
  type NovitaCluster,
  type NovitaGpuProduct,
  type NovitaNetworkStorage,
  type NovitaRegistryAuth,
  type NovitaTemplate,
  type Page,
} from '@app/novita-client';
import { Clock, MINUTE_MS, Problem, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { interactively } from '../problems/provider-errors.js';
import { CachedList, type Freshness } from './cached-list.js';
import type { Offers } from './replacement-product.js';

/*
 * The provider's catalogue: the port that others read it through, the cache behind it, and the mirror in Redis that the
 * processes of the fleet share.
 */

export interface Dated<Value> {
  readonly value: Value;
  /** When it was read at the provider. */
  readonly asOf: Timestamp;
}

/** What can be rented, and how fresh that knowledge is. Every method throws a Problem when nothing fresh enough is known. */
export abstract class Catalogue {
  abstract products(freshness?: Freshness): Promise<Dated<readonly NovitaGpuProduct[]>>;
  abstract clusters(freshness?: Freshness): Promise<Dated<readonly NovitaCluster[]>>;
  abstract templates(): Promise<Dated<readonly NovitaTemplate[]>>;
}

/** Stock and prices older than this are asked for anew before something is bought by them. */
const OFFERS_AGE_MS = MINUTE_MS;

/** @returns null when the catalogue cannot be read: then nothing is bought */
export async function currentOffers(catalogue: Pick<Catalogue, 'products' | 'clusters'>): Promise<Offers | null> {
  try {
    const [products, clusters] = await Promise.all([
      catalogue.products({ maxAgeMs: OFFERS_AGE_MS }),
      catalogue.clusters(),
    ]);
    return { products: products.value, clusters: clusters.value };
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

type DatedList<Item> = Promise<Dated<readonly Item[]>>;
/** The kinds of the mirror that people and creates read. */
type CachedKind = Extract<
  MirroredKind,
  'gpu-products' | 'clusters' | 'templates' | 'registry-auths' | 'network-storages'
>;

/** The provider's lists that people and creates read, as the processes of the fleet last read them. */
@Injectable()
export class CatalogueCache extends Catalogue {
  private readonly lists: { readonly [Kind in CachedKind]: CachedList<MirroredItems[Kind]> };

  constructor(novita: Novita, mirror: CatalogueMirror, clock: Clock) {
    super();
    const shared = new OptionalMirror(mirror, clock, new Logger('Catalogue'));
    const listOf = <Kind extends CachedKind>(
      kind: Kind,
      ask: (options: CallOptions) => Promise<readonly MirroredItems[Kind][]>,
    ): CachedList<MirroredItems[Kind]> =>
      new CachedList(
        {
          ask: () => interactively((signal) => ask({ signal, priority: 'interactive' })),
          readMirror: () => shared.read(kind),
          writeMirror: (items, asOf) => shared.write(kind, items, asOf),
        },
        clock,
      );
    this.lists = {
      'gpu-products': listOf('gpu-products', (options) => novita.catalogue.gpuProducts({}, options)),
      clusters: listOf('clusters', (options) => novita.catalogue.clusters(options)),
      templates: listOf('templates', (options) => allOf(novita.catalogue.templates({}, options))),
      'registry-auths': listOf('registry-auths', (options) => novita.catalogue.registryAuths(options)),
      'network-storages': listOf('network-storages', (options) => allOf(novita.catalogue.networkStorages(options))),
    };
  }

  override products(freshness?: Freshness): DatedList<NovitaGpuProduct> {
    return this.read('gpu-products', freshness);
  }

  override clusters(freshness?: Freshness): DatedList<NovitaCluster> {
    return this.read('clusters', freshness);
  }

  override templates(freshness?: Freshness): DatedList<NovitaTemplate> {
    return this.read('templates', freshness);
  }

  registryAuths(freshness?: Freshness): DatedList<NovitaRegistryAuth> {
    return this.read('registry-auths', freshness);
  }

  networkStorages(freshness?: Freshness): DatedList<NovitaNetworkStorage> {
    return this.read('network-storages', freshness);
  }

  private async read<Kind extends CachedKind>(kind: Kind, freshness?: Freshness): DatedList<MirroredItems[Kind]> {
    const list: CachedList<MirroredItems[Kind]> = this.lists[kind];
    const { items, asOf } = await list.read(freshness);
    return { value: items, asOf };
  }
}

/** An item that moves from one page to another while the pages are read comes twice. */
async function allOf<Item extends { readonly id: string }>(pages: AsyncIterable<Page<Item>>): Promise<readonly Item[]> {
  const items = new Map<string, Item>();
  for await (const page of pages) for (const item of page.items) items.set(item.id, item);
  return [...items.values()];
}

/** A caller waits for seconds until Redis gives up on a command; one caller in this time is enough. */
const ASK_AGAIN_MS = 2_000;

/** The mirror for readers that can do without it: while it is away it knows nothing and takes nothing. */
class OptionalMirror {
  private awayUntil = 0;

  constructor(
    private readonly mirror: CatalogueMirror,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    return this.unlessAway(() => this.mirror.read(kind));
  }

  async write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<void> {
    await this.unlessAway(() => this.mirror.write(kind, items, asOf));
  }

  private async unlessAway<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    if (this.clock.now() < this.awayUntil) return null;
    try {
      const answer = await ask();
      if (this.awayUntil > 0) this.logger.log('The catalogue is shared with the other processes again');
      this.awayUntil = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof MirrorUnavailableError)) throw error;
      if (this.awayUntil === 0)
        this.logger.warn('The catalogue is not shared with the other processes', { err: error });
      this.awayUntil = this.clock.now() + ASK_AGAIN_MS;
      return null;
    }
  }
}
