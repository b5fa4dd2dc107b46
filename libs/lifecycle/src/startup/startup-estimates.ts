import { Clock, MINUTE_MS } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { estimateOf, type StartedThing, type StartupEstimate } from './startup-time.js';
import { StartupTimes } from './startup-times.js';

const KEPT_MS = MINUTE_MS;

interface Snapshot {
  readonly byProduct: ReadonlyMap<string, StartupEstimate>;
  /** By product, then by image. */
  readonly byImage: ReadonlyMap<string, ReadonlyMap<string, StartupEstimate>>;
}

/**
 * How long start-ups usually take, for readers that must not wait: a copy of a minute's age at most, read anew when
 * somebody asks. While Redis is away the latest copy stays.
 */
@Injectable()
export class StartupEstimates {
  private readonly logger = new Logger(StartupEstimates.name);
  private snapshot: Snapshot = { byProduct: new Map(), byImage: new Map() };
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | null = null;
  private copies = 0;

  constructor(
    private readonly times: StartupTimes,
    private readonly clock: Clock,
  ) {}

  /** Grows with each copy, so that what was made from one can be known to be old. */
  get version(): number {
    return this.copies;
  }

  /** Of one product with one image; null when no such start-up was measured. Has the copy read anew when it is old. */
  of({ productId, image }: StartedThing): StartupEstimate | null {
    if (this.isOld()) void this.refresh();
    return this.snapshot.byImage.get(productId)?.get(image) ?? null;
  }

  /** Of each product with any image, none of it older than a minute while Redis is there. Never throws. */
  async byProduct(): Promise<ReadonlyMap<string, StartupEstimate>> {
    if (this.reading !== null || this.isOld()) await this.refresh();
    return this.snapshot.byProduct;
  }

  private isOld(): boolean {
    return Math.abs(this.clock.now() - this.readAtMs) >= KEPT_MS;
  }

  private refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    // Also after an error: what is only a help to people is not asked for at every request then.
    this.readAtMs = this.clock.now();
    try {
      this.snapshot = await this.copy();
      this.copies += 1;
    } catch (error) {
      this.logger.debug('how long start-ups take cannot be read', { err: error });
    }
  }

  private async copy(): Promise<Snapshot> {
    const ofProduct = new Map<string, number[]>();
    const byImage = new Map<string, Map<string, StartupEstimate>>();
    for (const { productId, image, seconds } of await this.times.all()) {
      const all = ofProduct.get(productId) ?? [];
      all.push(...seconds);
      ofProduct.set(productId, all);
      const images = byImage.get(productId) ?? new Map<string, StartupEstimate>();
      const estimate = estimateOf(seconds);
      if (estimate !== null) images.set(image, estimate);
      byImage.set(productId, images);
    }
    const byProduct = new Map<string, StartupEstimate>();
    for (const [productId, seconds] of ofProduct) {
      const estimate = estimateOf(seconds);
      if (estimate !== null) byProduct.set(productId, estimate);
    }
    return { byProduct, byImage };
  }
}
