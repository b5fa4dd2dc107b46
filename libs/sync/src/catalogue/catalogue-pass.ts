/** The provider's small lists, read whole and kept in the mirror, and the prices that they give. */
import {
  CatalogueMirror,
  MIRRORED_KINDS,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
} from '@app/catalogue-mirror';
import { type CallOptions, type ListingVerdict, Novita, type Page } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { PriceBook } from '../reconcile/observation.js';
import { NO_PRICES, priceBookOf } from './price-book.js';

type OnProgress = (count: number, total: number | null) => void;

export interface CatalogueContext {
  /** Lists and keeps nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface KindRead<Kind extends MirroredKind = MirroredKind> {
  readonly items: readonly MirroredItems[Kind][];
  readonly note: string | null;
}

/** Reads of this run that prices can be taken from; a kind that is not part of the run has none. */
export interface ProductReads {
  readonly 'gpu-products'?: Promise<KindRead<'gpu-products'>>;
  readonly 'cpu-products'?: Promise<KindRead<'cpu-products'>>;
}

@Injectable()
export class CataloguePass {
  private readonly logger = new Logger(CataloguePass.name);

  constructor(
    private readonly novita: Novita,
    private readonly mirror: CatalogueMirror,
    private readonly clock: Clock,
  ) {}

  /**
   * Lists one kind and puts the list into the mirror. An unclean listing is kept too, since anybody who asks the provider
   * now would get the same; its note says so.
   *
   * @throws NovitaError, MirrorUnavailableError, the reason of the signal
   */
  async run<Kind extends MirroredKind>(
    kind: Kind,
    { dryRun, signal, onProgress }: CatalogueContext,
  ): Promise<KindRead<Kind>> {
    const source: MirroredKindSource<MirroredItems[Kind]> = mirroredKindSources(this.novita)[kind];
    const asOf = this.clock.timestamp();
    const { items, unclean } = await source.list(signal, onProgress);
    signal.throwIfAborted();
    if (!dryRun) await this.mirror.write(kind, items, asOf);
    return { items, note: unclean === null ? null : `the listing was unclean: ${unclean}` };
  }

  /** From what this run reads, or from the mirror where it reads nothing or fails. Never rejects. */
  async prices(reads: ProductReads): Promise<PriceBook> {
    const [gpus, cpus] = await Promise.all([
      this.productsOf('gpu-products', reads['gpu-products']),
      this.productsOf('cpu-products', reads['cpu-products']),
    ]);
    return gpus.length === 0 && cpus.length === 0 ? NO_PRICES : priceBookOf(gpus, cpus);
  }

  private async productsOf<Kind extends 'gpu-products' | 'cpu-products'>(
    kind: Kind,
    read: Promise<KindRead<Kind>> | undefined,
  ): Promise<readonly MirroredItems[Kind][]> {
    try {
      if (read !== undefined) return (await read).items;
    } catch {
      // The run reports that failure; prices of an hour ago are better than none.
    }
    try {
      return (await this.mirror.read(kind))?.items ?? [];
    } catch (error) {
      const cause = error instanceof MirrorUnavailableError ? 'the mirror is away' : 'the mirror cannot be read';
      this.logger.warn(`prices of ${kind} are not known: ${cause}`, { err: error });
      return [];
    }
  }
}

export function isMirroredKind(kind: string): kind is MirroredKind {
  return (MIRRORED_KINDS as readonly string[]).includes(kind);
}

interface MirroredListing<Item> {
  readonly items: readonly Item[];
  /** Why something may be missing from it; null when nothing is. */
  readonly unclean: string | null;
}

interface MirroredKindSource<Item> {
  /** @throws NovitaError, the reason of the signal */
  list(signal: AbortSignal, onProgress: OnProgress): Promise<MirroredListing<Item>>;
}

type MirroredKindSources = { readonly [Kind in MirroredKind]: MirroredKindSource<MirroredItems[Kind]> };

/** A list that changes while it is read shows in its totals; the next try mostly meets a quiet moment. */
const TRIES = 3;

/** The way to read each of the small lists. Total: a kind without a line does not compile. */
function mirroredKindSources(novita: Novita): MirroredKindSources {
  return {
    'gpu-products': whole((options) => novita.catalogue.gpuProducts({}, options)),
    'cpu-products': whole((options) => novita.catalogue.cpuProducts(options)),
    clusters: whole((options) => novita.catalogue.clusters(options)),
    templates: paged((options) => novita.catalogue.templates({}, options)),
    'registry-auths': whole((options) => novita.catalogue.registryAuths(options)),
    'network-storages': paged((options) => novita.catalogue.networkStorages(options)),
    jobs: paged((options) => novita.account.jobs({}, options)),
    endpoints: paged((options) => novita.account.endpoints(options)),
  };
}

function whole<Item>(list: (options: CallOptions) => Promise<readonly Item[]>): MirroredKindSource<Item> {
  return {
    async list(signal, onProgress) {
      const items = await list({ signal });
      onProgress(items.length, items.length);
      return { items, unclean: null };
    },
  };
}

function paged<Item extends { readonly id: string }>(
  list: (options: CallOptions) => AsyncIterable<Page<Item>>,
): MirroredKindSource<Item> {
  return {
    async list(signal, onProgress) {
      let listing = await readPages(list({ signal }), onProgress);
      for (let tried = 1; listing.unclean !== null && tried < TRIES; tried += 1) {
        signal.throwIfAborted();
        listing = await readPages(list({ signal }), onProgress);
      }
      return listing;
    },
  };
}

async function readPages<Item extends { readonly id: string }>(
  pages: AsyncIterable<Page<Item>>,
  onProgress: OnProgress,
): Promise<MirroredListing<Item>> {
  // An item that moves to another page while the pages are read is listed twice.
  const items = new Map<string, Item>();
  let verdict: ListingVerdict | null = null;
  for await (const page of pages) {
    for (const item of page.items) items.set(item.id, item);
    verdict = page.verdict;
    onProgress(items.size, page.total);
  }
  const unclean = verdict === null ? 'it ended without its last page' : verdict.clean ? null : verdict.reason;
  return { items: [...items.values()], unclean };
}
