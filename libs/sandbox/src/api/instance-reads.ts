import type { InstanceState } from '../world/instance-record.js';
import { isSandboxStatus } from '../world/status.js';
import type { World } from '../world/world.js';
import type { Listing } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, findInstance, list } from './operation.js';
import { readWindow } from './paging.js';
import { invalidParameter } from './refusal.js';

/** The bare object, not wrapped. */
export function getInstance({ query }: ApiRequest, { world, json }: ApiContext): Answer {
  const record = findInstance(world, query.get('instanceId'));
  return { kind: 'json', body: json.detail(record, world.jobs.activeOf(record.id)) };
}

/** The newest first. Paging and filters are optional; `name` and `productName` match any part, in any case. */
export function listInstances({ query, listsAsOf }: ApiRequest, { world, json, firstPage }: ApiContext): Answer {
  const source = sourceOf(world, readFilter(query), listsAsOf);
  const listing: Listing = {
    key: 'instances',
    window: readWindow(query, 'pageNum', firstPage),
    total: source.total,
    items: (start, end) => source.part(start, end).map((state) => json.listItem(state)),
  };
  return list(listing);
}

/** What a list is cut from. */
interface Source {
  readonly total: number;
  readonly part: (start: number, end: number) => readonly InstanceState[];
}

type Matches = (state: InstanceState) => boolean;

interface Filter {
  /** In lower case; empty when not asked for. */
  readonly name: string;
  /** The rest of the filter; null when there is none. */
  readonly matches: Matches | null;
}

/** Each way costs as little as it can: an unfiltered page costs what it shows, however large the fleet. */
function sourceOf(world: World, filter: Filter, listsAsOf: number | null): Source {
  const matches = visibleOnly(world, filter.matches);
  const { fleet } = world;
  if (listsAsOf !== null) {
    const named: Matches = (state) => state.name.toLowerCase().includes(filter.name);
    const wanted: Matches = (state) => named(state) && (matches === null || matches(state));
    return of(pastStates(world, listsAsOf).filter(wanted));
  }
  if (filter.name !== '') {
    const named = fleet.withName(filter.name);
    return of(matches === null ? named : named.filter(matches));
  }
  return matches === null
    ? { total: fleet.size, part: (start, end) => fleet.newestFirst(start, end) }
    : { total: fleet.count(matches), part: (start, end) => fleet.newestMatching(matches, start, end) };
}

function of(states: readonly InstanceState[]): Source {
  return { total: states.length, part: (start, end) => states.slice(start, end) };
}

function visibleOnly(world: World, matches: Matches | null): Matches | null {
  if (!world.interference.hidesFromLists()) return matches;
  const now = world.clock.realNow();
  return (state) => (matches === null || matches(state)) && !world.interference.hides(state, 'lists', now);
}

/** All instances as they were then, the newest first. @param time epoch milliseconds */
function pastStates(world: World, time: number): InstanceState[] {
  const changed = world.journal.statesAt(time);
  const states: InstanceState[] = world.fleet.filter((record) => !changed.has(record.id));
  for (const before of changed.values()) if (before !== null) states.push(before);
  return states.sort((a, b) => b.order - a.order);
}

function readFilter(query: URLSearchParams): Filter {
  const productName = queryText(query, 'productName');
  const status = query.get('status') ?? '';
  if (status !== '' && !isSandboxStatus(status)) throw invalidParameter(`status ${status} is not known`);
  const matches: Matches = (state) =>
    (status === '' || state.status === status) &&
    (productName === '' || state.spec.productName.toLowerCase().includes(productName));
  return { name: queryText(query, 'name'), matches: status === '' && productName === '' ? null : matches };
}

function queryText(query: URLSearchParams, key: string): string {
  const text = query.get(key) ?? '';
  if (text.length > 255) throw invalidParameter(`${key} length must be at most 255`);
  return text.toLowerCase();
}
