import { Quarantine, type QuarantineHandler, QuarantineHandlers, quarantineId, type RetryOutcome } from '@app/redis';
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

  discard(key: string): Promise<string | null> {
    if (this.keptBecause === null) this.discarded.push(key);
    return Promise.resolve(this.keptBecause);
  }
}

describe('the quarantine', () => {
  let api: TestApi;
  const handler = new FakeHandler();

  beforeAll(async () => {
    api = await TestApi.start();
    api.app.get(QuarantineHandlers).register('record', handler);
  });
  afterAll(() => api.stop());

  async function setAside(kind: 'record' | 'feed-entry', key: string): Promise<string> {
    const at = api.clock.timestamp();
    await api.app.get(Quarantine).note([{ kind, key, reason: 'not JSON', firstAt: at, lastAt: at, times: 2 }]);
    api.clock.advance(1_000);
    return quarantineId(kind, key);
  }

  it('is for admins', async () => {
    for (const role of ['viewer', 'operator'] as const)
      expect((await api.send({ url: URL, as: role })).status).toBe(403);
    const refused = await api.send({ url: `${URL}/q_0f1e2d3c4b5a69788796a5b4`, method: 'DELETE', as: 'operator' });
    expect(refused.status).toBe(403);
  });

  it('is listed page by page, and a cursor of something else is refused', async () => {
    const ids = [await setAside('record', 'ins_a'), await setAside('record', 'ins_b')];
    const first = await api.send({ url: `${URL}?limit=1`, as: 'admin' });
    expect(first.json).toMatchObject({
      entries: [{ id: ids[1], kind: 'record', key: 'ins_b', reason: 'not JSON', timesSeen: 2 }],
      total: 2,
    });
    expect(first.headers['link']).toContain('rel="next"');
    const next = await api.send({ url: `${URL}?limit=1&cursor=${String(first.json['nextCursor'])}`, as: 'admin' });
    expect(next.json).toMatchObject({ entries: [{ id: ids[0] }], nextCursor: null });
    const wrong = await api.send({ url: `${URL}?cursor=ins_a`, as: 'admin' });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '?cursor' }] });
  });

  it('keeps what still cannot be read, and lets go of what can', async () => {
    const id = await setAside('record', 'ins_retry');
    const retry = () => api.send({ url: `${URL}/${id}/retry`, method: 'POST', as: 'admin' });
    handler.outcome = 'unreadable';
    expect((await retry()).json).toEqual({ outcome: 'unreadable' });
    handler.outcome = 'readable';
    expect((await retry()).json).toEqual({ outcome: 'readable' });
    const gone = await retry();
    expect(gone.status).toBe(404);
    expect(gone.json).toMatchObject({ code: 'quarantine-entry-not-found' });
    const feed = await setAside('feed-entry', '1-0');
    const forgotten = await api.send({ url: `${URL}/${feed}/retry`, method: 'POST', as: 'admin' });
    expect(forgotten.json).toEqual({ outcome: 'forgotten' });
  });

  it('discards a record only after somebody has looked at Novita, and when it can be discarded', async () => {
    const id = await setAside('record', 'ins_discard');
    const discard = (query: string) => api.send({ url: `${URL}/${id}${query}`, method: 'DELETE', as: 'admin' });
    const unconfirmed = await discard('');
    expect(unconfirmed.status).toBe(422);
    expect(unconfirmed.json).toMatchObject({
      code: 'quarantine-unconfirmed',
      errors: [{ pointer: '?novitaListed' }],
    });
    handler.keptBecause = 'a later release wrote the record, and can read it';
    const kept = await discard('?novitaListed=true');
    expect(kept.status).toBe(409);
    expect(kept.json).toMatchObject({ code: 'quarantine-kept', detail: expect.stringContaining('a later release') });
    expect(handler.discarded).toEqual([]);
    handler.keptBecause = null;
    expect((await discard('?novitaListed=true')).status).toBe(204);
    expect(handler.discarded).toEqual(['ins_discard']);
    expect((await discard('?novitaListed=true')).status).toBe(404);
  });

  it('discards the entry of anything else at once', async () => {
    const id = await setAside('feed-entry', '2-0');
    expect((await api.send({ url: `${URL}/${id}`, method: 'DELETE', as: 'admin' })).status).toBe(204);
  });

  it('makes the service degraded, and says what to do', async () => {
    await setAside('record', 'ins_c');
    const { json } = await api.send({ url: '/health', as: 'admin' });
    expect(JSON.stringify(json)).toContain('cannot be read and are set aside');
  });
});
