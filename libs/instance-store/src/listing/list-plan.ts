import { INSTANCE_STATUSES } from '../instance-status.js';
import type { InstanceQuery } from '../instance-store.port.js';
import { compareBytes } from './byte-order.js';
import { decodeCursor } from './cursor.js';
import { indexScope } from './index-entry.js';

export type ListOrder = 'created' | 'name';

/** Which indexes answer a query, and where in them to begin. */
export interface ListPlan {
  readonly order: ListOrder;
  readonly descending: boolean;
  /** Disjoint; their union is what matches, the name aside. */
  readonly scopes: readonly string[];
  /** Well-formed; empty for every name. */
  readonly namePrefix: string;
  /** Index member after which the page begins; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
}

const MAX_PAGE = 200;

/** @throws InvalidCursorError RangeError for a limit outside 1 to 200 and for a group together with another filter */
export function planList(query: InstanceQuery): ListPlan {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > MAX_PAGE) {
    throw new RangeError(`a page has 1 to ${MAX_PAGE} instances, not ${query.limit}`);
  }
  const order = query.sort === 'name' || query.sort === '-name' ? 'name' : 'created';
  const descending = query.sort.startsWith('-');
  const namePrefix = (query.namePrefix ?? '').toWellFormed();
  const after = query.cursor === undefined ? null : decodeCursor(query.sort, query.cursor);
  const scopes = scopesFor(query);
  const start = order === 'name' && after !== null && liesBefore(after, namePrefix, descending) ? null : after;
  return { order, descending, scopes, namePrefix, after: start, limit: query.limit };
}

/** Whether the whole range of the prefix is still to come after this member, as for a cursor of another query. */
function liesBefore(member: string, namePrefix: string, descending: boolean): boolean {
  if (member.startsWith(namePrefix)) return false;
  return compareBytes(member, namePrefix) > 0 === descending;
}

function scopesFor({ statuses, region, namePrefix, group }: InstanceQuery): string[] {
  if (group !== undefined) {
    if (statuses !== undefined || region !== undefined || namePrefix !== undefined) {
      throw new RangeError('a group is not listed together with another filter');
    }
    return [indexScope.group(group)];
  }
  const wanted = statuses === undefined ? null : new Set(statuses);
  if (wanted === null || wanted.size === INSTANCE_STATUSES.length) {
    return [region === undefined ? indexScope.all() : indexScope.region(region)];
  }
  return [...wanted].map((status) =>
    region === undefined ? indexScope.status(status) : indexScope.statusAndRegion(status, region),
  );
}
