import { parseTimestamp, type Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import { RedisScript } from '../redis/redis-script.js';
import {
  CatalogueMirror,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
} from './catalogue-mirror.port.js';
import { documentOf, itemsOf, refusalOf } from './mirror-document.js';

/**
 * KEYS[1] is the hash tag. ARGV: kind, time, version, items. Returns whether the items changed.
 * Times of one form sort as texts; one of another form is nobody's and gives way.
 */
const WRITE = new RedisScript(`
local key = KEYS[1] .. ':mirror:' .. ARGV[1]
local known = redis.call('HMGET', key, 'asOf', 'version', 'items')
local asOf = known[1]
if asOf and string.find(asOf, '^%d%d%d%d%-%d%d%-%d%dT') and asOf >= ARGV[2] then return 0 end
if known[2] == ARGV[3] and known[3] == ARGV[4] then
  redis.call('HSET', key, 'asOf', ARGV[2])
  return 0
end
redis.call('HSET', key, 'asOf', ARGV[2], 'version', ARGV[3], 'items', ARGV[4])
return 1
`);

interface Remembered {
  readonly version: string;
  readonly items: readonly unknown[];
}

/** The mirror that all processes share: one hash for each kind. The items cross the wire only when they have changed. */
export class RedisCatalogueMirror extends CatalogueMirror {
  private readonly hashTag: string;
  private readonly remembered = new Map<MirroredKind, Remembered>();

  /**
   * @param redis asked for at every call, since connections are made when they are first needed
   * @param keyPrefix first part of every key of this fleet, which is also its hash tag
   * @param warn told of lists that are too large or cannot be understood
   */
  constructor(
    private readonly redis: () => Redis,
    keyPrefix: string,
    private readonly warn: (message: string) => void,
  ) {
    super();
    this.hashTag = `{${keyPrefix}}`;
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
    const refusal = refusalOf(kind, document);
    if (refusal !== null) {
      this.warn(refusal);
      return false;
    }
    try {
      const args = [kind, asOf, document.version, document.json];
      return (await WRITE.run(this.redis(), this.hashTag, args)) === 1;
    } catch (error) {
      throw unavailable(error);
    }
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
    return null;
  }

  private async fields(kind: MirroredKind, ...names: string[]): Promise<readonly (string | null)[]> {
    try {
      return await this.redis().hmget(`${this.hashTag}:mirror:${kind}`, ...names);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

/** Whatever Redis refuses, the mirror cannot serve; those who read it ask the provider. */
function unavailable(error: unknown): MirrorUnavailableError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MirrorUnavailableError(`the catalogue mirror cannot be reached: ${reason}`, { cause: error });
}
