import { hash } from 'node:crypto';
import type { ListedInstance, MalformedItem } from '../novita.js';
import type { NovitaInstance, NovitaInstanceId } from '../novita-types.js';
import { INSTANCE, listAnswer } from '../parsing/expected-answers.js';
import { readInstance } from '../parsing/read-instance.js';
import { countOf, type Fields, isFields, requireText, UnreadableItemError } from '../parsing/read-value.js';
import { type NoteSurprises, surprisesOf } from '../parsing/surprises.js';
import { errorStatusOf } from '../transport/answer-error.js';
import type { RawPage } from './list-pages.js';

/** The key of the items in an answer. */
export const INSTANCES_KEY = 'instances';
const INSTANCES_ANSWER = listAnswer(INSTANCES_KEY, INSTANCES_KEY);

/**
 * A page of instances of which none is parsed.
 * @param note is told what is unknown of those that are read later
 * @returns null when the page is not laid out as expected, or is no page: then it must be parsed as a whole
 */
export function scanInstancePage(bytes: Buffer, note: NoteSurprises): RawPage<ListedInstance> | null {
  const page = scanPage(bytes, INSTANCES_KEY);
  if (page === null || errorStatusOf('read', page.envelope) !== null) return null;
  const total = countOf(page.envelope['total']);
  if (total === null) return null;
  note(surprisesOf(INSTANCES_ANSWER, page.envelope));
  const items = page.items.map(
    ({ id, start, end }, index) => new UnreadInstance(id as NovitaInstanceId, bytes.subarray(start, end), index, note),
  );
  return { items, malformed: [], total };
}

/**
 * One instance of a page that was parsed. Its digest is of its content only and differs from that of its
 * bytes: an instance that was known by the other counts as changed, once.
 * @throws UnreadableItemError when it has no id
 */
export function listedInstanceOf(item: Fields, index: number, note: NoteSurprises): ListedInstance {
  const id = requireText(item, 'id') as NovitaInstanceId;
  return { id, digest: digestOf(JSON.stringify(item)), read: () => readListed(item, id, index, note) };
}

/** An instance as it was sent. It keeps its page in memory. */
class UnreadInstance implements ListedInstance {
  readonly digest: string;

  constructor(
    readonly id: NovitaInstanceId,
    private readonly bytes: Buffer,
    private readonly index: number,
    private readonly note: NoteSurprises,
  ) {
    this.digest = digestOf(bytes);
  }

  read(): NovitaInstance | MalformedItem {
    let item: unknown;
    try {
      item = JSON.parse(this.bytes.toString('utf8'));
    } catch {
      return malformed(this.index, '', 'not JSON');
    }
    // What begins and ends with a brace and is JSON is an object; an array can be none.
    return isFields(item)
      ? readListed(item, this.id, this.index, this.note)
      : malformed(this.index, '', 'not an object');
  }
}

function readListed(
  item: Fields,
  id: NovitaInstanceId,
  index: number,
  note: NoteSurprises,
): NovitaInstance | MalformedItem {
  try {
    const instance = readInstance(item);
    note(surprisesOf(INSTANCE, item));
    // JSON takes the last of two members with one name; which of them is meant is not known.
    return instance.id === id ? instance : malformed(index, 'id', 'came twice');
  } catch (error) {
    if (!(error instanceof UnreadableItemError)) throw error;
    return malformed(index, error.field, error.message);
  }
}

function malformed(index: number, field: string, reason: string): MalformedItem {
  return { path: `${INSTANCES_KEY}[${index}]${field === '' ? '' : `.${field}`}`, reason };
}

/** SHA-1 only tells contents apart, it keeps nothing secret; it takes a microsecond. */
function digestOf(content: string | Buffer): string {
  return hash('sha1', content, 'base64url');
}

/** One item of a page that was not parsed: where it stands in the bytes. */
interface ItemSpan {
  readonly id: string;
  readonly start: number;
  /** The place after its last byte. */
  readonly end: number;
}

interface ScannedPage {
  readonly items: readonly ItemSpan[];
  /** The page without its items. */
  readonly envelope: Fields;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
/** `[` and `]` differ from `{` and `}` in this bit alone. */
const BRACE_BIT = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** How every item begins. */
const BEGINNING = Buffer.from('{"id":"');

/**
 * Splits a page into its items without parsing them, which takes a quarter of the time. It knows one layout alone, the
 * one that the service sends: compact JSON, the items in a list under `key`, the id the first member of each.
 * @returns null for every other layout, also for a page without items; then the page is to be parsed as a whole. Bytes
 *   that are no JSON may be split all the same: reading the item that holds the error reports it
 */
function scanPage(bytes: Buffer, key: string): ScannedPage | null {
  const listAt = bytes.indexOf(`"${key}":[`);
  if (listAt === -1) return null;
  const first = listAt + key.length + 4;
  const items: ItemSpan[] = [];
  for (let start = first; ; ) {
    const id = idOfItemAt(bytes, start);
    const end = endOfObject(bytes, start);
    if (id === null || end === -1) return null;
    items.push({ id, start, end });
    if (bytes[end] === CLOSE_BRACKET) {
      const envelope = envelopeOf(bytes.toString('utf8', 0, first) + bytes.toString('utf8', end), key);
      return envelope === null ? null : { items, envelope };
    }
    if (bytes[end] !== COMMA) return null;
    start = end + 1;
  }
}

/** @returns null when no item begins there, or its id is empty or not plain ASCII, as when something is escaped in it */
function idOfItemAt(bytes: Buffer, place: number): string | null {
  for (let index = 0; index < BEGINNING.length; index += 1) if (bytes[place + index] !== BEGINNING[index]) return null;
  const start = place + BEGINNING.length;
  let end = start;
  for (let code = bytes[end]; code !== QUOTE; code = bytes[end]) {
    if (code === undefined || code < 0x20 || code > 0x7e || code === BACKSLASH) return null;
    end += 1;
  }
  return end === start ? null : bytes.toString('latin1', start, end);
}

/** @returns the place after the brace that closes the one at `start`, or -1. It does not distinguish the two kinds of brackets */
function endOfObject(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let place = start; place < bytes.length; place += 1) {
    let code = bytes[place] as number;
    if (code === QUOTE) {
      do {
        place += code === BACKSLASH ? 2 : 1;
        if (place >= bytes.length) return -1;
        code = bytes[place] as number;
      } while (code !== QUOTE);
    } else {
      code |= BRACE_BIT;
      if (code === OPEN_BRACE) depth += 1;
      else if (code === CLOSE_BRACE) {
        depth -= 1;
        if (depth === 0) return place + 1;
      }
    }
  }
  return -1;
}

/** The key must be a member of the page itself, and once: of two with one name, JSON means the last. */
function envelopeOf(text: string, key: string): Fields | null {
  const name = `"${key}"`;
  if (text.includes('\\') || text.indexOf(name) !== text.lastIndexOf(name)) return null;
  try {
    const envelope: unknown = JSON.parse(text);
    return isFields(envelope) && Array.isArray(envelope[key]) && envelope[key].length === 0 ? envelope : null;
  } catch {
    return null;
  }
}
