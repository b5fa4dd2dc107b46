import type { NovitaInstanceId } from '@app/instance-store';
import type { ListedInstance, ListingVerdict, MalformedItem, Page } from '@app/novita-client';
import { sideBySide, type Timestamp } from '@app/platform';
import { type Arrival, KnownInstances } from './known-instances.js';
import type { Newcomers } from './newcomers.js';
import type { PassScene } from './pass-scene.js';

/** Pages being written while the next ones are fetched. */
const PAGES_IN_HAND = 4;
const PAGES_FETCHED_AT_ONCE = 8;
/** Changed ones of several pages are read and written together: a round trip costs as much as ten of them. */
const CHANGED_AT_ONCE = 50;

/** One listing from its first page to its last. Of what was listed it keeps the ids only. */
export class ListingRun {
  readonly startedAt: Timestamp;
  readonly toConfirm = new Set<NovitaInstanceId>();
  /** How many of the listed have a live record. */
  live = 0;
  private handled = 0;
  /** Page by page: they are looked up only when something is missing. */
  private readonly pages: (readonly NovitaInstanceId[])[] = [];
  private readonly gone = new Set<NovitaInstanceId>();
  private unreadable: MalformedItem[] = [];
  private stated: ListingVerdict | null = null;
  private changed: ListedInstance[] = [];
  private readonly known: KnownInstances;

  constructor(
    private readonly scene: PassScene,
    private readonly newcomers: Newcomers,
  ) {
    this.startedAt = scene.clock.timestamp();
    this.known = new KnownInstances(scene);
  }

  /** @param onPage gets how many items were handled, and how many there should be */
  async read(onPage: (handled: number, total: number) => void): Promise<ListingVerdict> {
    const { api, context } = this.scene;
    const { signal } = context;
    const pages = api.scanInstances({ concurrency: PAGES_FETCHED_AT_ONCE, signal, priority: 'background' });
    await sideBySide(pages, PAGES_IN_HAND, async (page) => {
      signal.throwIfAborted();
      await this.take(page);
      this.handled += page.items.length + page.malformed.length;
      this.stated = page.verdict ?? this.stated;
      onPage(this.handled, page.total);
    });
    await this.takeKnown(this.changed.splice(0));
    return this.verdict();
  }

  /** What was listed and is not called removed by the listing itself. */
  ids(): ReadonlySet<NovitaInstanceId> {
    const ids = new Set<NovitaInstanceId>();
    for (const page of this.pages) for (const id of page) if (!this.gone.has(id)) ids.add(id);
    return ids;
  }

  private async take(page: Page<ListedInstance>): Promise<void> {
    const listed = page.items;
    if (listed.length === 0) return;
    const ids = listed.map(({ id }) => id);
    this.pages.push(ids);
    const pictures = await this.scene.digests.of(ids);
    const unknown: ListedInstance[] = [];
    for (let place = 0; place < listed.length; place++) {
      const item = listed[place];
      if (item === undefined) continue;
      const picture = pictures[place] ?? null;
      if (picture === null) unknown.push(item);
      else {
        this.live += 1;
        if (picture !== item.picture) this.changed.push(item);
      }
    }
    const changed = this.changed.length >= CHANGED_AT_ONCE ? this.changed.splice(0) : [];
    await Promise.all([this.takeKnown(changed), this.takeUnknown(unknown)]);
  }

  private async takeKnown(listed: readonly ListedInstance[]): Promise<void> {
    const arrivals = this.readAll(listed);
    if (arrivals.length === 0) return;
    for (const id of await this.known.merge(arrivals, await this.sight())) {
      // As good as not listed: whether its record ends is for a GET to say.
      if (!this.gone.has(id)) this.live -= 1;
      this.gone.add(id);
    }
  }

  private async takeUnknown(listed: readonly ListedInstance[]): Promise<void> {
    const arrivals = this.readAll(listed);
    if (arrivals.length === 0) return;
    const { live, toConfirm } = await this.newcomers.place(arrivals, await this.sight(), false);
    // In a dry run nothing was inserted, so the store counts none of them.
    if (this.scene.writer.writes) this.live += live;
    for (const id of toConfirm) this.toConfirm.add(id);
  }

  private readAll(listed: readonly ListedInstance[]): Arrival[] {
    const arrivals: Arrival[] = [];
    for (const { picture, read } of listed.map((item) => ({ picture: item.picture, read: item.read() }))) {
      if ('path' in read) this.unreadable.push(read);
      else arrivals.push({ item: read, picture });
    }
    return arrivals;
  }

  private async sight() {
    return { at: this.startedAt, source: 'list' as const, prices: await this.scene.context.prices };
  }

  /** What the client says of it, unless it could not know of items that only we have read. */
  private verdict(): ListingVerdict {
    const stated = this.stated;
    if (stated === null) throw new Error('the listing has ended without a verdict');
    const [first] = this.unreadable;
    if (!stated.clean || first === undefined) return stated;
    const reason = `${this.unreadable.length} items could not be read: ${first.path} ${first.reason}`;
    return { ...stated, clean: false, reason };
  }
}
