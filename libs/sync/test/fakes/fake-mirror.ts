import { CatalogueMirror, type Mirrored, type MirroredItems, type MirroredKind } from '@app/novita-client';
import type { Timestamp } from '@app/platform';

/** Keeps what it is given, for tests to look at. */
export class FakeMirror extends CatalogueMirror {
  readonly kept = new Map<MirroredKind, { readonly items: readonly unknown[]; readonly asOf: Timestamp }>();

  override read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    return Promise.resolve((this.kept.get(kind) as Mirrored<MirroredItems[Kind]> | undefined) ?? null);
  }

  override write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<boolean> {
    this.kept.set(kind, { items, asOf });
    return Promise.resolve(true);
  }
}
