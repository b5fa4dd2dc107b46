import { type ApiKey, ApiKeyRing } from '@app/platform';
import { FakeClock } from '@app/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { QueueSessions } from './queue-sessions.js';

const ADMIN: ApiKey = { name: 'root', role: 'admin', key: 'admin-key-0123456789' };
const VIEWER: ApiKey = { name: 'eyes', role: 'viewer', key: 'viewer-key-0123456789' };
const HOLDER = { name: 'root', role: 'admin' } as const;

describe('a session', () => {
  let clock: FakeClock;
  let sessions: QueueSessions;
  let token: string;

  const podWith = (...keys: ApiKey[]): QueueSessions => new QueueSessions(new ApiKeyRing(keys), clock);

  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
    sessions = podWith(ADMIN, VIEWER);
    token = sessions.open(HOLDER);
  });

  it("is known to be its holder's, by every process that has the key", () => {
    expect(sessions.holderOf(token)).toEqual(HOLDER);
    expect(podWith(VIEWER, ADMIN).holderOf(token)).toEqual(HOLDER);
  });

  it('does not tell the key', () => {
    expect(token).toMatch(/^root\.\d+\.[\w-]{43}$/);
    expect(token).not.toContain(ADMIN.key);
  });

  it('is over after an hour, to the second', () => {
    clock.advance(3_599_999);
    expect(sessions.holderOf(token)).toEqual(HOLDER);
    clock.advance(1);
    expect(sessions.holderOf(token)).toBeNull();
  });

  it.each([
    ['removed', [VIEWER]],
    ['changed', [{ ...ADMIN, key: 'another-key-0123456789' }, VIEWER]],
    ['given to another name', [{ ...ADMIN, name: 'boss' }, VIEWER]],
  ])('ends when its key is %s', (_what, keys) => {
    expect(podWith(...keys).holderOf(token)).toBeNull();
  });

  it('has the role that its key has now', () => {
    expect(podWith({ ...ADMIN, role: 'viewer' }).holderOf(token)).toEqual({ name: 'root', role: 'viewer' });
  });

  it("cannot be made longer, or another's", () => {
    const [name = '', ends = '', code = ''] = token.split('.');
    for (const forged of [
      `${name}.${Number(ends) + 1}.${code}`,
      `eyes.${ends}.${code}`,
      `${name}.${ends}.${code.slice(0, -1)}`,
      `${name}.${ends}.${'A'.repeat(43)}`,
      `${name}.${ends}.`,
      `${name}.0${ends}.${code}`,
      token.toUpperCase(),
      `${token}.x`,
      ` ${token}`,
      '',
    ]) {
      expect([forged, sessions.holderOf(forged)]).toEqual([forged, null]);
    }
  });

  it("is nobody's when anything in it is changed", () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'abzAZ059-_.'), (place, character) => {
        fc.pre(token[place] !== character);
        const changed = token.slice(0, place) + character + token.slice(place + 1);
        // The last character of a code has two bits that mean nothing.
        fc.pre(place !== token.length - 1);
        expect(sessions.holderOf(changed)).toBeNull();
      }),
    );
  });

  it('is no seal for another purpose', () => {
    const [, ends = ''] = token.split('.');
    const seal = new ApiKeyRing([ADMIN]).seal('root', `root\n${ends}`)?.code.toString('base64url');
    expect(sessions.holderOf(`root.${ends}.${seal}`)).toBeNull();
  });
});
