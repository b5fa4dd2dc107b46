import { type Timestamp, timestampFromMs } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NovitaMalformedAnswerError } from '../src/novita.errors.js';
import type { ListingVerdict, Novita, Page } from '../src/novita.js';
import type { NovitaClient } from '../src/novita-client.js';
import { NOVITA_CALLS } from '../src/novita-metrics.js';
import type { NovitaInstance, NovitaInstanceId } from '../src/novita-types.js';
import { type Answer, clientOf, type FakeNovita, json, ObservedCalls, startFakeNovita } from './fake-novita.js';

const ID = 'a&b=c d/ü' as NovitaInstanceId;
const GPU = '/gpu-instance/openapi/v1';

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _page of pages) continue;
}

const empty = (key: string): Answer => json({ [key]: [], total: 0 });

interface Row {
  readonly what: string;
  readonly call: (api: Novita) => Promise<unknown>;
  readonly answer: Answer;
  readonly sent: {
    readonly method: string;
    readonly path: string;
    readonly query?: Record<string, string>;
    readonly body?: unknown;
  };
}

const TABLE: readonly Row[] = [
  {
    what: 'clusters',
    call: (api) => api.catalogue.clusters(),
    answer: json({ data: [] }),
    sent: { method: 'GET', path: `${GPU}/clusters` },
  },
  {
    what: 'GPU products',
    call: (api) => api.catalogue.gpuProducts({ clusterId: '5', productName: 'RTX 4090', billingMode: 'spot' }),
    answer: json({ data: [] }),
    sent: {
      method: 'GET',
      path: `${GPU}/products`,
      query: { clusterId: '5', productName: 'RTX 4090', billingMethod: 'spot' },
    },
  },
  {
    what: 'CPU products',
    call: (api) => api.catalogue.cpuProducts(),
    answer: json({ data: [] }),
    sent: { method: 'GET', path: `${GPU}/cpu/products` },
  },
  {
    what: 'instances',
    call: (api) => drain(api.instances.list({ name: 'a&b', status: 'running' })),
    answer: empty('instances'),
    sent: {
      method: 'GET',
      path: `${GPU}/gpu/instances`,
      query: { pageSize: '10', pageNum: '0', name: 'a&b', status: 'running' },
    },
  },
  {
    what: 'an instance',
    call: (api) => api.instances.get(ID),
    answer: json({ id: 'a', status: 'running' }),
    sent: { method: 'GET', path: `${GPU}/gpu/instance`, query: { instanceId: ID } },
  },
  {
    what: 'an edit',
    call: (api) => api.instances.edit(ID, { ports: [{ port: 80, type: 'http' }], expandRootDisk: 20 }),
    answer: json({}),
    sent: {
      method: 'POST',
      path: `${GPU}/gpu/instance/edit`,
      body: { instanceId: ID, ports: [{ port: 80, type: 'http' }], expandRootDisk: 20 },
    },
  },
  ...(['start', 'stop', 'restart', 'delete'] as const).map((verb): Row => {
    return {
      what: verb,
      call: (api) => api.instances[verb](ID),
      answer: json({ instanceId: ID, state: 'x' }),
      sent: { method: 'POST', path: `${GPU}/gpu/instance/${verb}`, body: { instanceId: ID } },
    };
  }),
  {
    what: 'jobs',
    call: (api) => drain(api.account.jobs()),
    answer: empty('jobs'),
    sent: { method: 'GET', path: `${GPU}/jobs`, query: { pageSize: '10', pageNum: '0' } },
  },
  {
    what: 'jobs of one type since a time',
    call: (api) =>
      drain(api.account.jobs({ type: 'instanceMigrate', since: timestampFromMs(Date.UTC(2026, 0, 1) + 999) })),
    answer: empty('jobs'),
    sent: {
      method: 'GET',
      path: `${GPU}/jobs`,
      query: { pageSize: '10', pageNum: '0', type: 'instanceMigrate', startTime: '1767225600' },
    },
  },
  {
    what: 'templates',
    call: (api) => drain(api.catalogue.templates({ name: 'x', channel: 'private,official' })),
    answer: empty('template'),
    sent: {
      method: 'GET',
      path: `${GPU}/templates`,
      query: { pageSize: '10', pageNum: '0', name: 'x', channel: 'private,official' },
    },
  },
  {
    what: 'a template',
    call: (api) => api.catalogue.template('1&templateId=2'),
    answer: json({ template: { Id: '1', image: 'nginx' } }),
    sent: { method: 'GET', path: `${GPU}/template`, query: { templateId: '1&templateId=2' } },
  },
  {
    what: 'registry logins',
    call: (api) => api.catalogue.registryAuths(),
    answer: json({ data: [] }),
    sent: { method: 'GET', path: `${GPU}/repository/auths` },
  },
  {
    what: 'network storages',
    call: (api) => drain(api.catalogue.networkStorages()),
    answer: empty('data'),
    sent: { method: 'GET', path: `${GPU}/networkstorages/list`, query: { pageSize: '10', pageNo: '0' } },
  },
  {
    what: 'endpoints',
    call: (api) => drain(api.account.endpoints()),
    answer: empty('endpoints'),
    sent: { method: 'GET', path: `${GPU}/endpoints`, query: { pageSize: '10', pageNum: '0' } },
  },
  {
    what: 'metrics',
    call: (api) =>
      api.instances.metrics(ID, {
        from: '2026-08-03T18:15:50.000Z' as Timestamp,
        to: '2026-08-03T18:16:50.000Z' as Timestamp,
        intervalSeconds: 30,
      }),
    answer: json({}),
    sent: {
      method: 'GET',
      path: '/openapi/v1/metrics/gpu/instance',
      query: { instanceId: ID, startTime: '1785780950', endTime: '1785781010', interval: '30' },
    },
  },
  {
    what: 'the balance',
    call: (api) => api.account.balance(),
    answer: json({ availableBalance: '1' }),
    sent: { method: 'GET', path: '/openapi/v1/billing/balance/detail' },
  },
  {
    what: 'the bill of whole days of UTC',
    call: (api) =>
      api.account.usageBill({
        from: '2025-12-01T00:00:00.000Z' as Timestamp,
        to: '2025-12-03T00:00:00.000Z' as Timestamp,
      }),
    answer: json({ bills: [] }),
    sent: {
      method: 'GET',
      path: '/openapi/v1/billing/bill/list',
      query: { cycleType: 'Day', productCategory: 'gpu', startTime: '1764547200', endTime: '1764719999' },
    },
  },
];

const item = (index: number) => ({
  id: `id-${index}`,
  status: 'running',
  name: `train-${index}`,
  gpuNum: '1',
  createdAt: '1785780950',
  portMappings: [{ port: 80, type: 'http', endpoint: 'https://x.example' }],
  envs: [{ key: 'A', value: '1' }],
});

describe('every call', () => {
  let novita: FakeNovita;
  let client: NovitaClient;
  let observed: ObservedCalls;

  beforeAll(async () => {
    novita = await startFakeNovita();
  });
  afterAll(() => novita.close());
  beforeEach(() => {
    observed = new ObservedCalls();
    novita.requests.length = 0;
    client = clientOf(novita.url, {}, { observer: observed });
  });
  afterEach(() => client.close(0));

  it.each(TABLE)('$what', async ({ call, answer, sent }) => {
    novita.answers(answer);
    await call(client.novita);
    const [request] = novita.requests;
    expect(request).toMatchObject({ method: sent.method, path: sent.path });
    expect(request?.query).toEqual(sent.query ?? {});
    expect(request?.body).toEqual(sent.body);
  });

  it('is known to the metrics before its first use, and no other is', async () => {
    for (const { call, answer } of TABLE) {
      novita.answers(answer);
      await call(client.novita);
    }
    novita.answers(json({ id: 'a' }));
    await client.novita.instances.create({
      name: 'a',
      kind: 'gpu',
      productId: '1',
      gpuNum: 1,
      rootfsSize: 60,
      imageUrl: 'nginx',
      billingMode: 'onDemand',
    });
    await client.novita.instances.migrate(ID);
    expect([...new Set(observed.calls)].toSorted()).toEqual(NOVITA_CALLS.toSorted());
  });

  it('is sent below the path of a proxy', async () => {
    const proxied = clientOf(`${novita.url}/proxy/`);
    novita.answers(json({ data: [] }));
    await proxied.novita.catalogue.clusters();
    await proxied.close(0);
    expect(novita.requests[0]?.path).toBe(`/proxy${GPU}/clusters`);
  });

  it('answers the new id of a migrated instance, if Novita sends it', async () => {
    novita.answers(json({ newInstanceId: 'b' }), json({}));
    expect(await client.novita.instances.migrate(ID)).toEqual({ newInstanceId: 'b' });
    expect(await client.novita.instances.migrate(ID)).toEqual({ newInstanceId: null });
  });

  it('reports an item that cannot be read, and keeps the others', async () => {
    novita.answers(json({ data: [{ id: '5', name: 'EU-01' }, { id: '6' }, null] }));
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(observed.malformedItems).toEqual(['GET /clusters data[1].name', 'GET /clusters data[2]']);
  });

  it('reports it in its page as well, which makes the listing unclean', async () => {
    novita.answers(json({ instances: [{ id: 'a', status: 'running' }, { id: 'b' }], total: 2 }));
    const pages: Page<NovitaInstance>[] = [];
    for await (const page of client.novita.instances.list()) pages.push(page);
    expect(pages).toHaveLength(1);
    expect(pages[0]?.items.map((instance) => instance.id)).toEqual(['a']);
    expect(pages[0]?.malformed).toEqual([{ path: 'instances[1].status', reason: 'missing' }]);
    expect(pages[0]?.verdict).toMatchObject({ clean: false, total: 2, distinct: 1 });
    expect(observed.malformedItems).toEqual(['GET /gpu/instances instances[1].status']);
  });

  it('reports what it does not know in a listing, a get and a refusal', async () => {
    novita.answers(
      json({ instances: [{ id: 'a', name: 'n', status: 'thawing' }], total: 1, cursor: '' }),
      json({ id: 'a', name: 'n', status: 'running', moon: 1 }),
      json({ code: 400, reason: 'MOON_PHASE', message: 'no' }, 400),
    );
    for await (const page of client.novita.instances.scan()) for (const item of page.items) item.read();
    await client.novita.instances.get(ID);
    await client.novita.instances.stop(ID).catch(() => undefined);
    expect(observed.surprises).toEqual([
      'GET /gpu/instances instances.cursor',
      'GET /gpu/instances instance.status thawing',
      'GET /gpu/instance instance.moon',
      'POST /gpu/instance/stop MOON_PHASE',
    ]);
  });

  it.each([
    ['no envelope', json([])],
    ['no list', json({ total: 0 })],
    ['a list of another kind', json({ instances: {}, total: 0 })],
    ['no total', json({ instances: [] })],
    ['no list where there should be items', json({ instances: null, total: 3 })],
    ['no JSON', (response): void => void response.end('{"instances": [')],
    ['nothing', (response): void => void response.end()],
  ] satisfies [string, Answer][])('does not take %s for an empty list', async (_what, answer) => {
    novita.answers(answer);
    await expect(drain(client.novita.instances.list())).rejects.toBeInstanceOf(NovitaMalformedAnswerError);
  });

  it('reads an instance that is wrapped', async () => {
    novita.answers(json({ instance: { id: 'a', status: 'running' } }));
    expect((await client.novita.instances.get(ID)).id).toBe('a');
  });

  it('does not make an instance or a template up', async () => {
    novita.answers(json({}));
    await expect(client.novita.instances.get(ID)).rejects.toBeInstanceOf(NovitaMalformedAnswerError);
    await expect(client.novita.catalogue.template('1')).rejects.toBeInstanceOf(NovitaMalformedAnswerError);
  });

  it('reads a large fleet page by page, several at a time, quickly', async () => {
    const total = 20_000;
    const pageSize = 1_000;
    novita.answers((response, { query }) => {
      const offset = Number(query['pageNum']) * Number(query['pageSize']);
      const instances = Array.from({ length: Number(query['pageSize']) }, (_, index) => item(offset + index));
      response.end(JSON.stringify({ instances, total }));
    });
    const fleet = clientOf(novita.url, { pageSize });
    const ids = new Set<string>();
    let verdict: ListingVerdict | null = null;
    for await (const page of fleet.novita.instances.list({ concurrency: 4 })) {
      for (const instance of page.items) ids.add(instance.id);
      verdict = page.verdict;
    }
    await fleet.close(0);
    expect(verdict).toMatchObject({ clean: true, total, pages: 20 });
    expect(ids.size).toBe(total);
    expect(novita.requests).toHaveLength(20);
  });
});
