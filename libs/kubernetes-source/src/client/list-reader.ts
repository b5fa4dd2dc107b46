import { isObject, parseJson } from '@app/platform';
import { type ApiObject, isApiObject } from '../model/resource.js';
import { ApiserverError } from './apiserver-error.js';

/** One page of a list. */
export interface ListPage {
  readonly objects: readonly ApiObject[];
  /** Of the whole list: the same on each of its pages. */
  readonly version: string;
  readonly continueToken: string | null;
  /** How many objects are on the pages after this one, where the apiserver says so. */
  readonly remaining: number | null;
  readonly bytes: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;
/** Depths at which the members of the list stand, and the objects of an array among them. */
const [MEMBERS, OBJECTS] = [1, 2];
/** What stands for the objects in what is left of the list; none of JSON. */
const ITEMS = /"items"\s*:\s*\[[\s,]*\]/;

/**
 * Reads a list object by object while its bytes come, so that its text is never there as a whole: that and the objects of
 * some pages at a time would be most of what a first sync takes of memory.
 */
export class ListReader {
  private readonly objects: ApiObject[] = [];
  /** The list without its objects. */
  private readonly frame: Buffer[] = [];
  /** An object that has begun in chunks before. */
  private begun: Buffer[] = [];
  private bytes = 0;
  private depth = 0;
  private isText = false;
  private isEscaped = false;
  /** Whether the array that stands open is that of a member of the list. */
  private isInArray = false;

  /** @param maxBytes of all of it */
  constructor(private readonly maxBytes: number) {}

  /** @throws ApiserverError */
  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      throw new ApiserverError('too-large-answer', `an answer has more than ${this.maxBytes} bytes`);
    }
    // Of the object that is being read, or of what is between two.
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.isText) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) this.isText = false;
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.isText = true;
          break;
        case OPENING_BRACKET:
          this.isInArray = this.isInArray || this.depth === MEMBERS;
          this.depth += 1;
          break;
        case OPENING_BRACE:
          if (this.isInArray && this.depth === OBJECTS) {
            this.keep(chunk.subarray(from, at));
            from = at;
          }
          this.depth += 1;
          break;
        case CLOSING_BRACKET:
          this.depth -= 1;
          if (this.depth === MEMBERS) this.isInArray = false;
          break;
        case CLOSING_BRACE:
          this.depth -= 1;
          if (this.isInArray && this.depth === OBJECTS) {
            this.read(chunk, from, at + 1);
            from = at + 1;
          }
          break;
      }
    }
    const rest = chunk.subarray(from);
    if (this.isInArray && this.depth > OBJECTS) this.begun.push(rest);
    else this.keep(rest);
  }

  /** @throws ApiserverError for what is no list, or not a whole one */
  end(): ListPage {
    const list = parseJson(Buffer.concat(this.frame).toString('utf8').replace(ITEMS, '"items":[]'));
    const metadata = isObject(list) ? list['metadata'] : null;
    if (!isObject(list) || !isObject(metadata)) throw new ApiserverError('malformed', 'a list cannot be read');
    const { resourceVersion: version, continue: token, remainingItemCount: remaining } = metadata;
    // An empty list of Go may be null.
    const others: unknown = list['items'] ?? [];
    if (typeof version !== 'string' || version === '' || !Array.isArray(others) || others.length > 0) {
      throw new ApiserverError('malformed', 'a list has no version, or something else than objects');
    }
    return {
      objects: this.objects,
      version,
      continueToken: typeof token === 'string' && token !== '' ? token : null,
      remaining: typeof remaining === 'number' ? remaining : null,
      bytes: this.bytes,
    };
  }

  /** A copy: a part of a chunk would keep the whole of it. */
  private keep(part: Buffer): void {
    if (part.length > 0) this.frame.push(Buffer.from(part));
  }

  private read(chunk: Buffer, from: number, end: number): void {
    const text =
      this.begun.length === 0
        ? chunk.toString('utf8', from, end)
        : Buffer.concat([...this.begun, chunk.subarray(from, end)]).toString('utf8');
    this.begun = [];
    const object = parseJson(text);
    if (!isApiObject(object)) {
      throw new ApiserverError('malformed', 'a list has an object without name, uid and version');
    }
    this.objects.push(object);
  }
}
