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
  const window = readWindow(query, 'pageNum', firstPage);
  const matches = filterOf(query);
  const past = listsAsOf === null ? null : world.journal.statesAt(listsAsOf);
  const write = (states: readonly InstanceState[]): string[] => states.map((state) => json.listItem(state));
  const listing: Listing =
    matches === null && past === null && !world.interference.hidesFromLists()
      ? {
          key: 'instances',
          window,
          total: world.fleet.size,
          items: (start, end) => write(world.fleet.newestFirst(start, end)),
        }
      : selected(select(world, past, matches), window, write);
  return list(listing);
}

function selected(
  states: readonly InstanceState[],
  window: Listing['window'],
  write: (states: readonly InstanceState[]) => string[],
): Listing {
  return { key: 'instances', window, total: states.length, items: (start, end) => write(states.slice(start, end)) };
}

type Filter = (state: InstanceState) => boolean;

/** @param past how instances differ from now in what is to be shown */
function select(world: World, past: Map<string, InstanceState | null> | null, filter: Filter | null): InstanceState[] {
  const matches = filter ?? (() => true);
  const visible = world.interference.hidesFromLists()
    ? (state: InstanceState) => matches(state) && !world.interference.hides(state.id, 'lists')
    : matches;
  if (past === null) return world.fleet.filter(visible);
  const states: InstanceState[] = world.fleet.filter((record) => !past.has(record.id));
  for (const before of past.values()) if (before !== null) states.push(before);
  return states.filter(visible).sort((a, b) => b.order - a.order);
}

function filterOf(query: URLSearchParams): Filter | null {
  const filters: Filter[] = [];
  const name = queryText(query, 'name');
  if (name !== '') filters.push((state) => state.name.toLowerCase().includes(name));
  const productName = queryText(query, 'productName');
  if (productName !== '') filters.push((state) => state.spec.productName.toLowerCase().includes(productName));
  const status = query.get('status') ?? '';
  if (status !== '') {
    if (!isSandboxStatus(status)) throw invalidParameter(`status ${status} is not known`);
    filters.push((state) => state.status === status);
  }
  const [first, ...others] = filters;
  if (first === undefined) return null;
  return others.length === 0 ? first : (state) => filters.every((filter) => filter(state));
}

function queryText(query: URLSearchParams, key: string): string {
  const text = query.get(key) ?? '';
  if (text.length > 255) throw invalidParameter(`${key} length must be at most 255`);
  return text.toLowerCase();
}
