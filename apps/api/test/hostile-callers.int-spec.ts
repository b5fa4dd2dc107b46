import { type InstanceRecord, instanceToken, withOnlyToken } from '@app/instance-store';
import { ApiKeyRing, plainApiKey, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOperation, apiOperations } from './support/api-operations.js';
import { hostileRequests } from './support/hostile-requests.js';
import { KEYS, TestApi } from './support/test-api.js';

const OPERATIONS = apiOperations();
const EXPIRED = 'expired-key-0123456789';
/** What a caller is, from the least that is accepted to the most. */
const RANKS = ['viewer', 'operator', 'admin'] as const;
/** `npm run fuzz` asks for more. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 5_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const IS_LARGE = process.env['FUZZ_REQUESTS'] !== undefined;
/** A request that takes so long hangs: each is done in milliseconds. */
const HANG_MS = 60_000;
const TOKEN_SECRET = '0123456789abcdef'.repeat(4);

describe('hostile callers', () => {
  let api: TestApi;
  /** Instances that may call by themselves. */
  let own: InstanceRecord;
  let other: InstanceRecord;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000000', LOG_LEVEL: 'error' });
    const keys = RANKS.map((role) => plainApiKey(`the-${role}`, role, KEYS[role]));
    const ended = timestampFromMs(api.clock.now());
    api.app.get(ApiKeyRing).replace([...keys, { ...plainApiKey('gone', 'admin', EXPIRED), expiresAt: ended }]);
    [own, other] = [withToken(anInstance({ status: 'ready' })), withToken(anInstance({ status: 'ready' }))];
    for (const record of [own, other]) api.store.put(record);
  });
  afterAll(() => api.stop());

  describe('are let in as the API document says', () => {
    const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });
    // A failed key is counted by address, so that each request comes from another one.
    let last = 0;
    const statusOf = async (
      { method, path }: ApiOperation,
      headers: Readonly<Record<string, string>>,
      part = 'none-such',
    ) => {
      const url = path.replace(/\{\w+\}/g, part);
      const from = `10.${++last >> 16}.${(last >> 8) & 255}.${last & 255}`;
      const answer = await api.send({ method, url, as: null, headers, from, ...(method !== 'GET' && { body: {} }) });
      return { status: answer.status, code: answer.json['code'] };
    };
    const guarded = OPERATIONS.filter(({ access }) => access !== 'public');

    it('knows what each operation needs', () => {
      expect(OPERATIONS.length).toBeGreaterThan(60);
      expect(guarded.filter(({ access }) => access === 'any-role').map(({ path }) => path)).toEqual(['/metrics']);
    });

    it('knows what the token of an instance opens', () => {
      expect(
        OPERATIONS.filter(({ ownInstance }) => ownInstance).map(({ method, path }) => `${method} ${path}`),
      ).toEqual([
        'GET /api/v1/instances/{id}',
        'PUT /api/v1/instances/{id}/last-used',
        'PUT /api/v1/instances/{id}/lease',
        'DELETE /api/v1/instances/{id}/lease',
      ]);
    });

    it.each(guarded.map((operation) => [operation.method, operation.path, operation] as const))(
      '%s %s',
      async (_method, _path, operation) => {
        expect(await statusOf(operation, {})).toEqual({ status: 401, code: 'unauthorized' });
        expect(await statusOf(operation, bearer('wrong-key-0123456789'))).toEqual({
          status: 401,
          code: 'unauthorized',
        });
        expect(await statusOf(operation, bearer(EXPIRED))).toEqual({ status: 401, code: 'key-expired' });
        const needed = operation.access === 'any-role' ? 0 : RANKS.findIndex((role) => role === operation.access);
        for (const [rank, role] of RANKS.entries()) {
          // A stream would not end; that it is open to its roles is seen by its tests.
          if (operation.isStream && rank >= needed) continue;
          const { status } = await statusOf(operation, bearer(KEYS[role]));
          if (rank < needed) expect([role, status]).toEqual([role, 403]);
          else expect([role, [401, 403].includes(status)]).toEqual([role, false]);
        }
        const asItself = await statusOf(operation, bearer(tokenOf(own)), own.id);
        if (operation.ownInstance) expect([401, 403]).not.toContain(asItself.status);
        else expect(asItself).toEqual({ status: 403, code: 'forbidden' });
        for (const part of [other.id, 'none-such']) {
          expect(await statusOf(operation, bearer(tokenOf(own)), part)).toEqual({ status: 403, code: 'forbidden' });
        }
        // The right form alone opens nothing.
        expect(await statusOf(operation, bearer(instanceToken(own.id, 'f'.repeat(64))), own.id)).toEqual({
          status: 401,
          code: 'unauthorized',
        });
      },
    );

    it.each(OPERATIONS.filter(({ access }) => access === 'public').map((one) => [one.method, one.path, one] as const))(
      '%s %s to everybody',
      async (_method, _path, operation) => {
        const keys = ['wrong-key-0123456789', EXPIRED, KEYS.viewer, tokenOf(own)];
        for (const headers of [{}, ...keys.map(bearer)]) {
          expect([401, 403]).not.toContain((await statusOf(operation, headers)).status);
        }
      },
    );
  });

  it(`get an answer that is documented to each of ${REQUESTS} odd requests`, { timeout: 60 * HANG_MS }, async () => {
    // A stream does not end by itself.
    const operations = OPERATIONS.filter(({ isStream }) => !isStream);
    const answers = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(hostileRequests(operations), async ({ operation, ...request }) => {
        const { status, json, text, headers } = await withinLimit(api.send(request), request.url);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        const isFine = status < 500 || (status === 503 && operation.statuses.has(503));
        if (!isFine) throw new Error(`${request.method} ${request.url}: ${status} ${text.slice(0, 500)}`);
        // A browser that asks for a page of errors gets one for people.
        const isPage = String(headers['content-type']).startsWith('text/html') && operation.path === '/errors/{code}';
        if (status >= 400 && !isPage) expect(json).toMatchObject({ status, code: expect.any(String) as string });
        expect('isAdmin' in {}).toBe(false);
      }),
      { numRuns: REQUESTS, seed: SEED, endOnFailure: false },
    );
    // Requests that are all stopped at the door would prove nothing of what is behind it.
    for (const status of [200, 400, 404, 413, 415]) expect(answers.get(status) ?? 0, `of ${status}`).toBeGreaterThan(0);
    if (IS_LARGE) report(answers);
  });
});

const tokenOf = ({ id }: InstanceRecord): string => instanceToken(id, TOKEN_SECRET);

function withToken(record: InstanceRecord): InstanceRecord {
  return withOnlyToken(record, tokenOf(record), record.timestamps.created);
}

function report(answers: ReadonlyMap<number, number>): void {
  const counts = [...answers].toSorted(([a], [b]) => a - b).map(([status, count]) => `${count} x ${status}`);
  const { rss, heapUsed } = process.memoryUsage();
  const memory = `${Math.round(rss / 1e6)} MB resident, ${Math.round(heapUsed / 1e6)} MB of heap`;
  process.stdout.write(`${REQUESTS} requests of seed ${SEED}: ${counts.join(', ')}; ${memory}\n`);
}

async function withinLimit<Answer>(answer: Promise<Answer>, url: string): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(() => reject(new Error(`${url} hangs`)), HANG_MS);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(limit);
  }
}
