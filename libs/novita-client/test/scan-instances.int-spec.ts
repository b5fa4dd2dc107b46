import { type FirstPage, type Sandbox, type SandboxOptions, startSandbox } from '@app/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { NovitaMalformedAnswerError, NovitaServerFaultError } from '../src/novita.errors.js';
import type { ListedInstance, ListingVerdict, Page } from '../src/novita.js';
import type { NovitaClient } from '../src/novita-client.js';
import type { NovitaInstance } from '../src/novita-types.js';
import { clientOf, type FakeNovita, json, ObservedCalls, startFakeNovita, TEST_KEY, text } from './fake-novita.js';

async function collect<Item>(pages: AsyncIterable<Page<Item>>) {
  const items: Item[] = [];
  let verdict: ListingVerdict | null = null;
  for await (const page of pages) {
    items.push(...page.items);
    verdict = page.verdict;
  }
  if (verdict === null) throw new Error('no verdict');
  return { items, verdict };
}

const digestsOf = (items: readonly ListedInstance[]) => new Map(items.map(({ id, digest }) => [id, digest]));

describe('a scan of the sandbox', () => {
  let sandbox: Sandbox;
  let client: NovitaClient;

  const start = async (options: SandboxOptions = {}) => {
    sandbox = await startSandbox({ apiKey: TEST_KEY, ...options });
    client = clientOf(sandbox.url, { policies: { retries: { read: 0, command: 0, create: 0 } } });
    return client.novita;
  };
  afterEach(async () => {
    await client.close(0);
    await sandbox.close();
  });

  it.each(['both', 'zero', 'one'] satisfies FirstPage[])(
    'reads the same as a list when the first page is %s',
    async (firstPage) => {
      const api = await start({ instances: 57, firstPage });
      const listed = await collect<NovitaInstance>(api.instances.list({ concurrency: 3 }));
      const scanned = await collect(api.instances.scan({ concurrency: 3 }));
      expect(scanned.verdict).toEqual({ ...listed.verdict, startedAt: expect.any(String) as string, clean: true });
      expect(scanned.items.map((item) => item.read())).toEqual(listed.items);
    },
  );

  it('has the same digests again, but for what has changed', async () => {
    const api = await start({ instances: 25 });
    const before = await collect(api.instances.scan());
    const changed = before.items.find((item) => {
      const instance = item.read();
      return 'status' in instance && instance.status === 'exited';
    });
    if (changed === undefined) throw new Error('none stands still');
    const again = digestsOf((await collect(api.instances.scan())).items);
    expect(again).toEqual(digestsOf(before.items));

    await api.instances.start(changed.id);
    const after = digestsOf((await collect(api.instances.scan())).items);
    const different = [...after.keys()].filter((id) => after.get(id) !== again.get(id));
    expect(different).toEqual([changed.id]);
  });

  it.each([{ kind: 'duplicates' }, { kind: 'page-drift', direction: 'removed' }] as const)(
    'is not clean with %j',
    async (fault) => {
      const api = await start({ instances: 35 });
      sandbox.faults.add({ ...fault, operation: 'listInstances' });
      expect((await collect(api.instances.scan())).verdict.clean).toBe(false);
    },
  );

  it('fails as a list does', async () => {
    const api = await start({ instances: 35 });
    sandbox.faults.add({ kind: 'malformed', body: 'truncated', operation: 'listInstances', times: 1 });
    await expect(collect(api.instances.scan())).rejects.toBeInstanceOf(NovitaMalformedAnswerError);
    sandbox.faults.add({
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'broken',
      operation: 'listInstances',
    });
    await expect(collect(api.instances.scan())).rejects.toBeInstanceOf(NovitaServerFaultError);
  });
});

describe('a scan of other layouts', () => {
  let novita: FakeNovita;
  let client: NovitaClient;
  const observed = new ObservedCalls();

  afterEach(async () => {
    await client.close(0);
    await novita.close();
  });
  const start = async () => {
    novita = await startFakeNovita();
    client = clientOf(novita.url, { maxAnswerBytes: 1_000 }, { observer: observed });
    return client.novita;
  };

  it('reads a page with spaces, and leaves out what has no id', async () => {
    const api = await start();
    novita.answers(text('{ "instances": [ {"id": "a", "status": "running"}, {"status": "exited"}, 5 ], "total": 3 }'));
    const { items, verdict } = await collect(api.instances.scan());
    expect(items.map((item) => item.read())).toMatchObject([{ id: 'a', status: 'running' }]);
    expect(verdict).toMatchObject({ clean: false, reason: '2 items could not be read', total: 3 });
    expect(observed.malformedItems).toEqual(['GET /gpu/instances instances[1].id', 'GET /gpu/instances instances[2]']);
  });

  it('reports what cannot be read when it is read, in either layout', async () => {
    const api = await start();
    novita.answers(json({ instances: [{ id: 'a' }], total: 1 }), text('{"instances":[ {"id":"a"} ],"total":1}'));
    for (let round = 0; round < 2; round += 1) {
      const { items, verdict } = await collect(api.instances.scan());
      expect(items.map((item) => item.read())).toEqual([{ path: 'instances[0].status', reason: 'missing' }]);
      expect(verdict.clean).toBe(true);
    }
  });

  it('takes nothing but a page for one', async () => {
    const api = await start();
    novita.answers(json({ code: 500, reason: 'UNKNOWN', message: 'broken', instances: [{ id: 'a' }], total: 1 }));
    await expect(collect(api.instances.scan())).rejects.toBeInstanceOf(NovitaServerFaultError);
    novita.answers(json({ instances: [{ id: 'a' }] }));
    await expect(collect(api.instances.scan())).rejects.toThrow('"total" is not a number');
    novita.answers(json({ instances: [{ id: 'a', status: 'x'.repeat(1_000) }], total: 1 }));
    await expect(collect(api.instances.scan())).rejects.toThrow('more than 1000 bytes');
    novita.answers(json({ instances: null, total: 0 }));
    expect(await collect(api.instances.scan())).toMatchObject({ items: [], verdict: { clean: true } });
  });
});
