import { SystemClock } from '@app/platform';
import { type Fault, type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, expect, it } from 'vitest';
import { type Examination, examine, Findings, renderExamination } from '../src/doctor/examine.js';
import { EXAMINED_ROUTES } from '../src/doctor/routes.js';
import { NOVITA_CALLS } from '../src/novita-metrics.js';
import { clientOf, TEST_KEY } from './fake-novita.js';

let sandbox: Sandbox | null = null;
afterEach(async () => {
  await sandbox?.close();
  sandbox = null;
});

async function examined(options: { apiKey?: string; fault?: Fault; away?: boolean } = {}): Promise<Examination> {
  const { apiKey = TEST_KEY, fault, away = false } = options;
  const present = await startSandbox({ apiKey: TEST_KEY, instances: 30, speed: 0 });
  sandbox = present;
  if (fault !== undefined) present.faults.add(fault);
  if (away) await present.close();
  const findings = new Findings();
  const client = clientOf(present.url, { apiKey }, { observer: findings });
  try {
    return await examine(client.novita, present.url, findings, new SystemClock());
  } finally {
    await client.close(0);
  }
}

it('finds nothing in a service as it was documented, reads every route that is read, and writes nothing', async () => {
  const examination = await examined();
  expect(examination).toMatchObject({ ok: true });
  expect(examination.routes.filter(({ outcome }) => outcome !== 'answered')).toEqual([]);
  expect(examination.routes.flatMap(({ differences }) => differences)).toEqual([]);
  expect(EXAMINED_ROUTES.map(({ call }) => call).toSorted()).toEqual(
    NOVITA_CALLS.filter((call) => call.startsWith('GET ')).toSorted(),
  );
  // Two lists are asked for, and neither is known to be a part of the other.
  expect(examination.routes.find(({ call }) => call === 'GET /products')?.note).toMatch(/^\d+ as spot$/);
  const asked = new Set(sandbox?.world.callLog().map(({ operation }) => operation));
  expect([...asked].filter((operation) => !/^(list|get)/.test(operation))).toEqual([]);
  expect(renderExamination(examination)).toMatch(
    /GET \/gpu\/instances: answered in \d+ ms, 30 items\n[^]*\nAs expected: 14 of 14 routes answered\.\n$/,
  );
});

it('names a field that is new, and how often it came', async () => {
  const examination = await examined({ fault: { kind: 'unknown-member', member: 'tier', operation: 'listClusters' } });
  expect(examination.ok).toBe(false);
  const text = renderExamination(examination);
  expect(text).toMatch(/GET \/clusters: answered .*\n {4}differs: field cluster\.tier \(7 times\)\n/);
  expect(text).toMatch(/Not as expected: 14 of 14 routes answered, 0 failed, 1 differ\.\n$/);
});

it('says that the key is refused, and does not show it', async () => {
  const apiKey = 'sk_wrong_0123456789';
  const examination = await examined({ apiKey });
  expect(examination.routes.map(({ outcome }) => outcome)).toEqual(['failed', ...Array(13).fill('skipped')]);
  const text = renderExamination(examination);
  expect(text).toContain('GET /clusters: failed');
  expect(text).toContain('Novita refuses NOVITA_API_KEY');
  expect(text + JSON.stringify(examination)).not.toContain(apiKey);
});

it('says that nobody is there', async () => {
  const examination = await examined({ away: true });
  expect(examination.ok).toBe(false);
  expect(examination.routes[0]).toMatchObject({ outcome: 'failed', note: 'Novita cannot be reached: ECONNREFUSED' });
});

it('goes on when only one route fails, and says what could not be read', async () => {
  const fault = { kind: 'error', operation: 'getBalance', status: 403, reason: 'FORBIDDEN', message: 'no' } as const;
  const { ok, routes } = await examined({ fault });
  expect(ok).toBe(false);
  expect(routes.filter(({ outcome }) => outcome !== 'answered')).toMatchObject([
    { call: 'GET /billing/balance/detail', outcome: 'failed' },
  ]);
  await sandbox?.close();
  const bad = await examined({ fault: { kind: 'malformed', body: 'item', operation: 'listTemplates' } });
  expect(bad.routes.flatMap(({ differences }) => differences)).toEqual([
    expect.stringMatching(/^unreadable template\[\]/) as string,
  ]);
});
