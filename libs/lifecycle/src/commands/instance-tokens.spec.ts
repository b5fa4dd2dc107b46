import { acceptsToken, TOKEN_AT_CREATE } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { CALLER, problemOf, setUp } from '../../test/fakes/command-world.js';
import { at } from '../../test/fakes/observations.js';
import { InstanceTokens } from './instance-tokens.js';

function aWorld() {
  const { store, clock, put } = setUp();
  return { store, put, tokens: new InstanceTokens(store.records, clock) };
}

describe('the token of an instance', () => {
  it('is made anew, which ends the one before, and the audit log says so without it', async () => {
    const { tokens, put, store } = aWorld();
    const { id } = put('ready');
    const first = await tokens.issue(id, CALLER);
    const second = await tokens.issue(id, CALLER);
    const { record } = second.stored;
    expect([first, second].map(({ token }) => acceptsToken(record, token))).toEqual([false, true]);
    expect(record.reportToken?.issuedAt).toBe(at(0));
    const entries = store.writes.map(({ options }) => options.entry);
    expect(entries).toMatchObject([{ by: 'user:ci', kind: 'settings' }, { by: 'user:ci' }]);
    expect(JSON.stringify([record, entries])).not.toContain(second.token.slice(-64));
  });

  it('is revoked, and no machine that is bought later gets one', async () => {
    const { tokens, put, store } = aWorld();
    const { id } = put('ready', { reportToken: TOKEN_AT_CREATE });
    const { token } = await tokens.issue(id, CALLER);
    expect(store.now(id).reportToken?.givenAtCreate).toBe(true);
    const { record } = await tokens.revoke(id, CALLER);
    expect([record.reportToken, acceptsToken(record, token)]).toEqual([null, false]);
    const writes = store.writes.length;
    await tokens.revoke(id, CALLER);
    expect(store.writes.length).toBe(writes);
  });

  it.each([
    ['made elsewhere', 'ready', { origin: 'discovered' }, 'not-adopted'],
    ['terminated', 'terminated', {}, 'instance-terminated'],
    ['being deleted', 'deleting', {}, 'instance-terminated'],
  ] as const)('is refused to one that is %s', async (_, status, overrides, code) => {
    const { tokens, put } = aWorld();
    const { id } = put(status, overrides);
    expect((await problemOf(tokens.issue(id, CALLER))).type.code).toBe(code);
  });
});
