import { parseTimestamp, type Timestamp } from '@app/platform';
import { FleetKeys, RedisScript, type ReportUnreadable, redisTrouble } from '@app/redis';
import type { Redis } from 'ioredis';
import {
  CatalogueMirror,
  documentOf,
  isOfThisForm,
  itemsOf,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
  rejectionOf,
} from './catalogue-mirror.js';

const WRITE = RedisScript.fromFile(new URL('./write-mirror.lua', import.meta.url));

interface Remembered {
  readonly version: string;
  readonly items: readonly unknown[];
}

/** The mirror that all processes share: one hash for each kind. The items cross the wire only when they have changed. */
export class RedisCatalogueMirror extends CatalogueMirror {
  private readonly keys: FleetKeys;
  private readonly remembered = new Map<MirroredKind, Remembered>();

  /**
   * @param redis asked for at every call, since connections are made when they are first needed
   * @param keyPrefix first part of every key of this fleet, which is also its hash tag
   * @param warn called for lists that are too large or cannot be understood
   * @param report gets lists that are damaged
   */
  constructor(
    private readonly redis: () => Redis,
    keyPrefix: string,
    private readonly warn: (message: string) => void,
    private readonly report: ReportUnreadable = () => undefined,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    const known = this.remembered.get(kind);
    if (known !== undefined) {
      const [version, asOf] = await this.fields(kind, 'version', 'asOf');
      if (version === known.version) return this.mirrored(kind, known.items, asOf);
    }
    const [version, asOf, json] = await this.fields(kind, 'version', 'asOf', 'items');
    if (typeof version !== 'string' || typeof json !== 'string') return null;
    const items = itemsOf({ version, json });
    if (items === null) {
      this.warn(`The mirrored list of ${kind} cannot be understood`);
      if (isOfThisForm(version)) this.setAside(kind, 'it is no list in JSON', json);
      return null;
    }
    this.remembered.set(kind, { version, items });
    return this.mirrored(kind, items, asOf);
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
    const args = [asOf, document.version, document.json];
    return (await this.ask(() => WRITE.run(this.redis(), [this.keys.mirror(kind)], args))) === 1;
  }

  private mirrored<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly unknown[],
    asOf: string | null | undefined,
  ): Mirrored<MirroredItems[Kind]> | null {
    const time = parseTimestamp(asOf);
    // Under a kind stand only items of that kind: `write` is typed so.
    if (time !== null) return { items: items as readonly MirroredItems[Kind][], asOf: time };
    this.warn(`The mirrored list of ${kind} has no time`);
    this.setAside(kind, 'it has no time', JSON.stringify({ asOf }));
    return null;
  }

  private setAside(kind: MirroredKind, reason: string, text: string): void {
    this.report({ kind: 'mirror', where: kind, reason, text });
  }

  private async fields(kind: MirroredKind, ...names: string[]): Promise<readonly (string | null)[]> {
    return this.ask(() => this.redis().hmget(this.keys.mirror(kind), ...names));
  }

  /** When Redis fails the mirror cannot serve; its readers ask the provider. */
  private async ask<Reply>(question: () => Promise<Reply>): Promise<Reply> {
    try {
      return await question();
    } catch (error) {
      const reason = redisTrouble(error)?.text ?? (error instanceof Error ? error.message : String(error));
      throw new MirrorUnavailableError(`the catalogue mirror cannot be reached: Redis ${reason}`, { cause: error });
    }
  }
}
