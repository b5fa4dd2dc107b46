import { DAY_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { AccountResource, CatalogueResource, InstancesResource, Page } from '../novita.js';
import type { NovitaInstanceId } from '../novita-types.js';

/** The calls that only read: more of Novita an examination cannot reach. */
export interface ReadOnlyNovita {
  readonly instances: Pick<InstancesResource, 'list' | 'get' | 'metrics'>;
  readonly catalogue: CatalogueResource;
  readonly account: AccountResource;
}

/** What one route answered. */
interface RouteAnswer {
  readonly items: number;
  /** What else is to be said, such as that not all of it was read. */
  readonly note?: string;
}

/** What earlier routes have shown, for those that ask for one thing. */
export interface Shown {
  templateId: string | null;
  /** One that runs, if any does. */
  instanceId: NovitaInstanceId | null;
}

export interface ExaminedRoute {
  readonly call: string;
  /** @returns why it cannot be asked, when it cannot */
  readonly ask: (novita: ReadOnlyNovita, shown: Shown, now: Timestamp) => Promise<RouteAnswer | string>;
}

/** An account may have a hundred thousand instances: the form of its answers shows in the first of them. */
const MOST_PAGES = 20;
const HOUR_MS = 3_600_000;

/** Every route that the client reads of Novita, in the order in which they are asked. */
export const EXAMINED_ROUTES: readonly ExaminedRoute[] = [
  { call: 'GET /clusters', ask: async ({ catalogue }) => counted(await catalogue.clusters()) },
  {
    call: 'GET /products',
    ask: async ({ catalogue }) => {
      const [onDemand, spot] = [
        await catalogue.gpuProducts({ billingMode: 'onDemand' }),
        await catalogue.gpuProducts({ billingMode: 'spot' }),
      ];
      return { items: onDemand.length, note: `${spot.length} as spot` };
    },
  },
  { call: 'GET /cpu/products', ask: async ({ catalogue }) => counted(await catalogue.cpuProducts()) },
  {
    call: 'GET /templates',
    ask: ({ catalogue }, shown) => pagesOf(catalogue.templates(), ({ id }) => (shown.templateId ??= id)),
  },
  {
    call: 'GET /template',
    ask: async ({ catalogue }, { templateId }) => {
      if (templateId === null) return 'there is no template to ask for';
      await catalogue.template(templateId);
      return { items: 1 };
    },
  },
  { call: 'GET /repository/auths', ask: async ({ catalogue }) => counted(await catalogue.registryAuths()) },
  { call: 'GET /networkstorages/list', ask: ({ catalogue }) => pagesOf(catalogue.networkStorages()) },
  { call: 'GET /jobs', ask: ({ account }) => pagesOf(account.jobs()) },
  { call: 'GET /endpoints', ask: ({ account }) => pagesOf(account.endpoints()) },
  {
    call: 'GET /gpu/instances',
    ask: ({ instances }, shown) => {
      let runs = false;
      return pagesOf(instances.list(), ({ id, status }) => {
        if (runs) return;
        runs = status === 'running';
        if (runs || shown.instanceId === null) shown.instanceId = id;
      });
    },
  },
  {
    call: 'GET /gpu/instance',
    ask: async ({ instances }, { instanceId }) => {
      if (instanceId === null) return 'there is no instance to ask for';
      await instances.get(instanceId);
      return { items: 1 };
    },
  },
  {
    call: 'GET /metrics/gpu/instance',
    ask: async ({ instances }, { instanceId }, now) => {
      if (instanceId === null) return 'there is no instance to ask for';
      const from = timestampFromMs(msFromTimestamp(now) - HOUR_MS);
      const { gpuUtilization } = await instances.metrics(instanceId, { from, to: now, intervalSeconds: 60 });
      return { items: gpuUtilization.length };
    },
  },
  {
    call: 'GET /billing/balance/detail',
    ask: async ({ account }) => {
      await account.balance();
      return { items: 1 };
    },
  },
  {
    call: 'GET /billing/bill/list',
    ask: async ({ account }, _shown, now) => {
      const today = Math.floor(msFromTimestamp(now) / DAY_MS) * DAY_MS;
      const range = { from: timestampFromMs(today - 2 * DAY_MS), to: timestampFromMs(today) };
      return { items: (await account.usageBill(range)).lines.length, note: 'of the last two days' };
    },
  },
];

function counted(items: readonly unknown[]): RouteAnswer {
  return { items: items.length };
}

async function pagesOf<Item>(
  pages: AsyncIterable<Page<Item>>,
  look: (item: Item) => unknown = () => undefined,
): Promise<RouteAnswer> {
  let items = 0;
  for await (const page of pages) {
    for (const item of page.items) look(item);
    items += page.items.length;
    // Something may have come or gone meanwhile: that is no other form of answer.
    if (page.verdict?.clean === false) return { items, note: `not a clean listing: ${page.verdict.reason ?? ''}` };
    if (page.verdict === null && page.index + 1 >= MOST_PAGES) return { items, note: `the first of ${page.total}` };
  }
  return { items };
}
