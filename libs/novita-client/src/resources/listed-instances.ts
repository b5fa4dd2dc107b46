import { hash } from 'node:crypto';
import type { RawPage } from '../listing/listing-tally.js';
import { scanPage } from '../listing/scan-page.js';
import type { ListedInstance, MalformedItem } from '../novita.js';
import type { NovitaInstance, NovitaInstanceId } from '../novita-types.js';
import { readInstance } from '../parsing/read-instance.js';
import { countOf, type Fields, ItemFault, isFields, requireText } from '../parsing/read-value.js';
import { refusalStatusOf } from '../transport/error-body.js';

/** The key of the items in an answer. */
export const INSTANCES_KEY = 'instances';

/**
 * A page of instances of which none is parsed.
 * @returns null when the page is not laid out as expected, or is no page: then it must be parsed as a whole
 */
export function scanInstancePage(bytes: Buffer): RawPage<ListedInstance> | null {
  const page = scanPage(bytes, INSTANCES_KEY);
  if (page === null || refusalStatusOf('read', page.envelope) !== null) return null;
  const total = countOf(page.envelope['total']);
  if (total === null) return null;
  const items = page.items.map(
    ({ id, start, end }, index) => new UnreadInstance(id as NovitaInstanceId, bytes.subarray(start, end), index),
  );
  return { items, malformed: [], total };
}

/**
 * One instance of a page that was parsed. Its digest is of its content only and differs from that of its
 * bytes: an instance that was known by the other counts as changed, once.
 * @throws ItemFault when it has no id
 */
export function listedInstanceOf(item: Fields, index: number): ListedInstance {
  const id = requireText(item, 'id') as NovitaInstanceId;
  return { id, digest: digestOf(JSON.stringify(item)), read: () => readListed(item, id, index) };
}

/** An instance as it was sent. It keeps its page in memory. */
class UnreadInstance implements ListedInstance {
  readonly digest: string;

  constructor(
    readonly id: NovitaInstanceId,
    private readonly bytes: Buffer,
    private readonly index: number,
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
    return isFields(item) ? readListed(item, this.id, this.index) : malformed(this.index, '', 'not an object');
  }
}

function readListed(item: Fields, id: NovitaInstanceId, index: number): NovitaInstance | MalformedItem {
  try {
    const instance = readInstance(item);
    // JSON takes the last of two members with one name; nobody can say which of them is meant.
    return instance.id === id ? instance : malformed(index, 'id', 'came twice');
  } catch (fault) {
    if (!(fault instanceof ItemFault)) throw fault;
    return malformed(index, fault.field, fault.message);
  }
}

function malformed(index: number, field: string, reason: string): MalformedItem {
  return { path: `${INSTANCES_KEY}[${index}]${field === '' ? '' : `.${field}`}`, reason };
}

/** SHA-1 only tells contents apart, it keeps nothing secret; it takes a microsecond. */
function digestOf(content: string | Buffer): string {
  return hash('sha1', content, 'base64url');
}
