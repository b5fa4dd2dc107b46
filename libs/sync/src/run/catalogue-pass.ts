import {
  CatalogueMirror,
  MIRRORED_KINDS,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
  NovitaApi,
} from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { PriceBook } from '../instances/instance-pass.js';
import { type MirroredKindSource, mirroredKindSources, type OnProgress } from './mirrored-kinds.js';
import { NO_PRICES, priceBookOf } from './price-book.js';

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

/** Brings the mirror of the provider's small lists up to date. */
@Injectable()
export class CataloguePass {
  private readonly logger = new Logger(CataloguePass.name);

  constructor(
    private readonly api: NovitaApi,
    private readonly mirror: CatalogueMirror,
    private readonly clock: Clock,
  ) {}

  /**
   * Lists one kind and puts the list into the mirror. An unclean listing is kept too, as it is what anybody who asks
   * the provider now would get; its note says so.
   *
   * @throws NovitaError, MirrorUnavailableError, the reason of the signal
   */
  async run<Kind extends MirroredKind>(
    kind: Kind,
    { dryRun, signal, onProgress }: CatalogueContext,
  ): Promise<KindRead<Kind>> {
    const source: MirroredKindSource<MirroredItems[Kind]> = mirroredKindSources(this.api)[kind];
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
      // The run tells of it; prices of an hour ago are better than none.
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
