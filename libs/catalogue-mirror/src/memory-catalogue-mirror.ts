import type { Timestamp } from '@app/platform';
import {
  CatalogueMirror,
  documentOf,
  itemsOf,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  rejectionOf,
} from './catalogue-mirror.js';

interface Kept {
  readonly version: string;
  readonly mirrored: Mirrored<unknown>;
}

/** The mirror of one process for itself, where there is no Redis. */
export class MemoryCatalogueMirror extends CatalogueMirror {
  private readonly kept = new Map<MirroredKind, Kept>();

  /** @param warn called for lists that are too large */
  constructor(private readonly warn: (message: string) => void) {
    super();
  }

  override async read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    // Under a kind stand only items of that kind: `write` is typed so.
    return (this.kept.get(kind)?.mirrored ?? null) as Mirrored<MirroredItems[Kind]> | null;
  }

  override async write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<boolean> {
    const document = documentOf(items);
    const rejection = rejectionOf(kind, document);
    if (rejection !== null) {
      this.warn(rejection);
      return false;
    }
    const before = this.kept.get(kind);
    if (before !== undefined && before.mirrored.asOf >= asOf) return false;
    const changed = before?.version !== document.version;
    const frozen = changed ? (itemsOf(document) ?? []) : before.mirrored.items;
    this.kept.set(kind, { version: document.version, mirrored: { items: frozen, asOf } });
    return changed;
  }
}
