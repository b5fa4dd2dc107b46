import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandJournal, StoreAvailability, StoreUnavailableError } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type TestAnswer, TestApi, type TestRequest } from '../../../test/support/test-api.js';
import { IdempotencyStore, IdempotencyUnavailableError } from './idempotency-store.js';

const record = anInstance({
  status: 'ready',
  timestamps: { created: '2026-01-01T10:00:00.000Z' as Timestamp, started: '2026-01-01T10:00:00.000Z' as Timestamp },
});
const PATH = `/api/v1/instances/${record.id}`;

let api: TestApi;
let folder: string;

const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-api-'));
  api = await TestApi.start({ DATA_DIR: folder, ...environment });
  api.store.put(record, null);
};
const end = async (): Promise<void> => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
};
const goesAway = (): void => api.app.get(StoreAvailability, { strict: false }).refused();
const send = (request: TestRequest): Promise<TestAnswer> => api.send(request);

describe('while Redis is away', () => {
  beforeAll(async () => {
    await start();
    goesAway();
  });
  afterAll(end);
  beforeEach(() => {
    vi.restoreAllMocks();
    api.commands.clear();
  });

  it.each([
    ['POST', '/api/v1/instances', { name: 'x' }],
    ['POST', `${PATH}/start`, undefined],
    ['POST', `${PATH}/restart`, undefined],
    ['POST', '/api/v1/instances/start', { instanceName: 'x' }],
    ['PATCH', PATH, { autoStop: { enabled: false } }],
    ['POST', '/api/v1/instances/sync', undefined],
    ['POST', '/api/v1/sync/pause', undefined],
    ['POST', '/api/v1/orphans/0123456789abcdef/adopt', undefined],
    ['POST', '/api/v1/instances/auto-stop/trigger', { dryRun: true }],
  ] as const)('%s %s is refused at once, to be tried again', async (method, url, body) => {
    const answer = await send({ method, url, ...(body !== undefined && { body }) });
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ code: 'degraded', retryable: true });
    expect(answer.headers['retry-after']).toBe('5');
    expect(api.commands.calls).toEqual([]);
  });

  it.each([
    ['POST', `${PATH}/stop`, undefined],
    ['POST', '/api/v1/instances/delete', { instanceName: 'x' }],
    ['DELETE', PATH, undefined],
    ['POST', '/api/v1/instances/stop-all', undefined],
  ] as const)('%s %s is taken, with an Idempotency-Key that nobody keeps', async (method, url, body) => {
    const claim = vi.spyOn(api.app.get(IdempotencyStore), 'claim');
    const headers = { 'idempotency-key': 'k' };
    const answer = await send({ method, url, headers, ...(body !== undefined && { body }) });
    expect(answer.status).toBeLessThan(300);
    expect(claim).not.toHaveBeenCalled();
    expect(api.commands.calls).toHaveLength(1);
  });
});

describe('when Redis goes away', () => {
  beforeEach(() => start());
  afterEach(end);

  const journals = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('journal.'));
  const use = (body?: unknown): Promise<TestAnswer> =>
    send({ method: 'PUT', url: `${PATH}/last-used`, ...(body !== undefined && { body }) });

  it('takes a stop whose Idempotency-Key is the first to find out', async () => {
    vi.spyOn(api.app.get(IdempotencyStore), 'claim').mockRejectedValue(new IdempotencyUnavailableError('away'));
    const headers = { 'idempotency-key': 'k' };
    expect((await send({ method: 'POST', url: `${PATH}/stop`, headers })).status).toBe(202);
    const create = { name: 'x', productName: 'RTX 4090', image: 'nginx' };
    expect((await send({ method: 'POST', url: '/api/v1/instances', headers, body: create })).status).toBe(503);
  });

  it('keeps a use on disk, whoever finds out that Redis is away', async () => {
    const touch = vi.spyOn(api.store.idle, 'touch').mockRejectedValue(new StoreUnavailableError('away'));
    const first = await use();
    expect([first.status, first.json['lastUsedAt']]).toEqual([202, api.clock.timestamp()]);
    const second = await use({ lastUsedAt: '2026-01-01T11:00:00Z', source: 'gateway' });
    expect(second.status).toBe(202);
    expect(touch).toHaveBeenCalledTimes(1);
    const journal = api.app.get(CommandJournal, { strict: false });
    expect(journal.entries().map(({ kind }) => kind)).toEqual(['last-used']);
    expect(await journals()).toHaveLength(1);
    const metrics = await send({ url: '/metrics', as: 'viewer' });
    expect(metrics.text).toContain('novita_fleet_journal_entries 1');
    expect(metrics.text).toContain('novita_fleet_degraded_commands_total{kind="last-used"} 2');
  });

  it('refuses a use that cannot be kept, and one before the start, and does not call the unknown absent', async () => {
    goesAway();
    const early = await use({ lastUsedAt: '2026-01-01T09:00:00Z' });
    expect([early.status, early.json['code']]).toEqual([422, 'last-used-not-plausible']);
    const unknown = await send({ method: 'PUT', url: '/api/v1/instances/ins_00000000000000000000000000/last-used' });
    expect([unknown.status, unknown.json['retryable']]).toEqual([503, true]);
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    const unkept = await use();
    expect([unkept.status, unkept.json['code']]).toEqual([503, 'dependency-unavailable']);
    expect(unkept.json['detail']).toContain('DATA_DIR');
  });

  it('refuses everything without REDIS_ENABLE_FALLBACK', async () => {
    await end();
    await start({ REDIS_ENABLE_FALLBACK: 'false' });
    vi.spyOn(api.store.idle, 'touch').mockRejectedValue(new StoreUnavailableError('away'));
    const answer = await use();
    expect([answer.status, answer.json['code']]).toEqual([503, 'dependency-unavailable']);
    expect(await journals()).toEqual([]);
  });
});
