import {
  Quarantine,
  type QuarantineHandler,
  QuarantineHandlers,
  type QuarantineKind,
  quarantineId,
  type RetryOutcome,
} from '@app/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const URL = '/api/v1/admin/quarantine';

/** A library whose things are read again and discarded as a test says. */
class FakeHandler implements QuarantineHandler {
  outcome: RetryOutcome = 'unreadable';
  keptBecause: string | null = null;
  readonly discarded: string[] = [];

  retry(): Promise<RetryOutcome> {
    return Promise.resolve(this.outcome);
  }

  discard(where: string): Promise<string | null> {
    if (this.keptBecause === null) this.discarded.push(where);
    return Promise.resolve(this.keptBecause);
  }
}

describe('the quarantine', () => {
  let api: TestApi;
  const handler = new FakeHandler();

  beforeAll(async () => {
    api = await TestApi.start();
    for (const kind of ['record', 'job'] as const) api.app.get(QuarantineHandlers).register(kind, handler);
  });
  afterAll(() => api.stop());

  async function setAside(kind: QuarantineKind, where: string): Promise<string> {
    const at = api.clock.timestamp();
    const sighting = { kind, where, reason: 'not JSON', text: '{"id":', firstAt: at, lastAt: at, times: 2 };
    await api.app.get(Quarantine).note([sighting]);
    api.clock.advance(1_000);
    return quarantineId(kind, where);
  }

  it('is for admins', async () => {
    for (const role of ['viewer', 'operator'] as const)
      expect((await api.send({ url: URL, as: role })).status).toBe(403);
    const refused = await api.send({ url: `${URL}/record.0f1e2d3c4b5a69788796a5b4`, method: 'DELETE', as: 'operator' });
    expect(refused.status).toBe(403);
  });

  it('is listed page by page and by kind, and a cursor or kind of something else is refused', async () => {
    const ids = [await setAside('record', 'ins_a'), await setAside('mirror', 'x'), await setAside('record', 'ins_b')];
    const first = await api.send({ url: `${URL}?limit=1&kind=record`, as: 'admin' });
    expect(first.json).toMatchObject({
      entries: [{ id: ids[2], kind: 'record', where: 'ins_b', reason: 'not JSON', text: '{"id":', count: 2 }],
      total: 2,
    });
    expect(first.headers['link']).toContain('rel="next"');
    const cursor = String(first.json['nextCursor']);
    const next = await api.send({ url: `${URL}?limit=1&kind=record&cursor=${cursor}`, as: 'admin' });
    expect(next.json).toMatchObject({ entries: [{ id: ids[0] }], nextCursor: null });
    expect((await api.send({ url: URL, as: 'admin' })).json).toMatchObject({ total: 3 });
    for (const [query, pointer] of [
      ['cursor=ins_a', '?cursor'],
      ['kind=records', '?kind'],
    ]) {
      const wrong = await api.send({ url: `${URL}?${query}`, as: 'admin' });
      expect(wrong.status).toBe(400);
      expect(wrong.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer }] });
    }
  });

  it('keeps what still cannot be read, lets go of what can, and says why it reads nothing', async () => {
    const id = await setAside('job', 'lifecycle:1');
    const retry = (entry = id) => api.send({ url: `${URL}/${entry}/retry`, method: 'POST', as: 'admin' });
    handler.outcome = 'unreadable';
    expect((await retry()).json).toEqual({ outcome: 'unreadable' });
    handler.outcome = { refused: 'the file is elsewhere' };
    const elsewhere = await retry();
    expect(elsewhere.status).toBe(409);
    expect(elsewhere.json).toMatchObject({
      code: 'quarantine-not-retried',
      detail: expect.stringContaining('elsewhere'),
    });
    handler.outcome = 'readable';
    expect((await retry()).json).toEqual({ outcome: 'readable' });
    const gone = await retry();
    expect(gone.status).toBe(404);
    expect(gone.json).toMatchObject({ code: 'quarantine-entry-not-found' });
    for (const kind of ['feed-entry', 'webhook-delivery', 'mirror'] as const) {
      const refused = await retry(await setAside(kind, '1-0'));
      expect(refused.status).toBe(409);
      expect(refused.json).toMatchObject({
        code: 'quarantine-not-retried',
        detail: expect.stringMatching(/again: \w/),
      });
    }
  });

  it('discards the entry of a record alone, and the record only when that is said', async () => {
    const discard = async (query: string) => {
      const id = await setAside('record', 'ins_discard');
      return api.send({ url: `${URL}/${id}${query}`, method: 'DELETE', as: 'admin' });
    };
    handler.keptBecause = 'a later release wrote the record, and can read it';
    expect((await discard('')).status).toBe(204);
    const kept = await discard('?withRecord=true');
    expect(kept.status).toBe(409);
    expect(kept.json).toMatchObject({ code: 'quarantine-kept', detail: expect.stringContaining('a later release') });
    handler.keptBecause = null;
    expect((await discard('?withRecord=true')).status).toBe(204);
    expect(handler.discarded).toEqual(['ins_discard']);
  });

  it('discards anything else at once, with what is kept of it', async () => {
    for (const [kind, where] of [
      ['feed-entry', '2-0'],
      ['job', 'sync:9'],
    ] as const) {
      const id = await setAside(kind, where);
      expect((await api.send({ url: `${URL}/${id}`, method: 'DELETE', as: 'admin' })).status).toBe(204);
      expect((await api.send({ url: `${URL}/${id}`, method: 'DELETE', as: 'admin' })).status).toBe(404);
    }
    expect(handler.discarded).toContain('sync:9');
  });

  it('makes the service degraded, and says what to do', async () => {
    await setAside('record', 'ins_c');
    const { json } = await api.send({ url: '/health', as: 'admin' });
    expect(JSON.stringify(json)).toContain('cannot be read and');
    expect(JSON.stringify(json)).toContain('/api/v1/admin/quarantine');
  });
});
