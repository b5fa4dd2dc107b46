import { describe, expect, it } from 'vitest';
import { ProblemError } from '../net/problem.js';
import { dataAsOf, freshnessMark, hintsOf, liveness, troubles } from './freshness.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');

/** @param {number} seconds */
const before = (seconds) => new Date(NOW - seconds * 1_000).toISOString();

const SYNC = /** @type {const} */ ({
  status: 'completed',
  totalResources: 9,
  syncedResources: 9,
  resourceStatus: [],
});

/**
 * A list that was loaded 20 s ago, with instances seen 300 s ago.
 *
 * @param {Partial<import('./freshness.js').Known>} change
 * @returns {import('./freshness.js').Known}
 */
function known(change = {}) {
  return {
    data: { isReachable: true, answeredAtMs: NOW - 1_000, source: 'redis' },
    isRedisAway: false,
    stream: { kind: 'live' },
    feedDegradedSince: null,
    storeAway: null,
    table: { isLoaded: true, asOf: before(300), loadedAtMs: NOW - 20_000, problem: null },
    sync: { ...SYNC, instancesAsOf: before(300) },
    ...change,
  };
}

describe('dataAsOf', () => {
  it('is what the answer with the list said', () => {
    expect(dataAsOf(known())).toBe(before(300));
    expect(dataAsOf(known({ sync: null }))).toBe(before(300));
  });

  it('is moved on by a sync that listed later, while its changes come in', () => {
    const sync = { ...SYNC, instancesAsOf: before(10) };
    expect(dataAsOf(known({ sync }))).toBe(before(10));
    expect(dataAsOf(known({ sync, stream: { kind: 'waiting', untilMs: NOW } }))).toBe(before(300));
    expect(dataAsOf(known({ sync, feedDegradedSince: before(60) }))).toBe(before(300));
  });

  it('is not moved on by a sync that the list has seen and that some of it was not covered by', () => {
    expect(dataAsOf(known({ sync: { ...SYNC, instancesAsOf: before(100) } }))).toBe(before(300));
  });

  it('is that of the latest listing while no view shows the list, and not known before the first', () => {
    const table = { isLoaded: false, asOf: null, loadedAtMs: null, problem: null };
    expect(dataAsOf(known({ table }))).toBe(before(300));
    expect(dataAsOf(known({ table, sync: SYNC }))).toBeNull();
  });
});

describe('the mark of freshness', () => {
  const { data, table } = known();

  it('says live while every change comes in, and since when the data is true', () => {
    expect(freshnessMark(known(), NOW)).toMatchObject({ text: 'Live', tone: 'ok', at: before(300) });
    const [live, listed, ...more] = hintsOf(known(), NOW);
    expect(live).toBe('Live. Every change appears at once.');
    expect(listed).toMatch(/\(5 min ago\)/);
    expect(more).toEqual([]);
  });

  it.each([
    ['the service does not answer', { data: { ...data, isReachable: false } }, 'as of 1 s ago', 'bad'],
    ['the list could not be read again', { table: { ...table, problem: new Error('x') } }, 'as of 1 s ago', 'bad'],
    ['changes come late', { stream: { kind: 'waiting', untilMs: NOW } }, 'as of 1 s ago', 'warn'],
    ['the tab was hidden', { stream: { kind: 'paused' } }, 'as of 1 s ago', 'idle'],
    ['the stream begins', { stream: { kind: 'connecting' } }, 'Reading…', 'busy'],
    ['Redis is away', { isRedisAway: true }, 'no Redis: reading only', 'warn'],
    [
      'the store is away',
      { storeAway: { since: before(9), cause: 'x' }, feedDegradedSince: before(9) },
      'no Redis: reading only',
      'warn',
    ],
    ['no listing has completed', { sync: SYNC, table: { ...table, asOf: null } }, 'never read', 'warn'],
    [
      'nothing was ever answered',
      { data: { ...data, isReachable: false, answeredAtMs: null }, table: { ...table, loadedAtMs: null } },
      'never read',
      'bad',
    ],
    [
      'nothing was answered yet',
      { data: { ...data, answeredAtMs: null }, table: { ...table, loadedAtMs: null } },
      'Reading…',
      'idle',
    ],
    [
      'Novita was not listed for hours',
      { table: { ...table, asOf: before(3 * 3_600) }, sync: { ...SYNC, instancesAsOf: before(3 * 3_600) } },
      'as of 3 h ago',
      'warn',
    ],
  ])('says when %s', (_what, change, text, tone) => {
    const seen = known(/** @type {Partial<import('./freshness.js').Known>} */ (change));
    expect(freshnessMark(seen, NOW)).toMatchObject({ text, tone });
  });
});

describe('liveness', () => {
  const problem = new ProblemError({ code: 'x', status: 404, title: 'Nothing is here.' });
  it.each(
    /** @type {const} */ ([
      [{ kind: 'live' }, 'Live', 'ok'],
      [{ kind: 'connecting' }, 'Connecting…', 'busy'],
      [{ kind: 'waiting', untilMs: NOW + 3_200 }, 'Reconnecting in 4 s', 'warn'],
      [{ kind: 'waiting', untilMs: NOW - 1 }, 'Reconnecting…', 'warn'],
      [{ kind: 'paused' }, 'Paused', 'idle'],
      [{ kind: 'rejected', problem }, 'Not live', 'warn'],
    ]),
  )('says %j as %s', (stream, text, tone) => {
    expect(liveness({ stream, feedDegradedSince: null }, NOW)).toMatchObject({ text, tone });
  });

  it('is not called live while the service itself is behind', () => {
    expect(liveness({ stream: { kind: 'live' }, feedDegradedSince: before(5) }, NOW).tone).toBe('warn');
  });
});

describe('troubles', () => {
  it('are none when all is well', () => {
    expect(troubles(known(), NOW)).toEqual([]);
  });

  it('say that the API does not answer, and from when what is shown is', () => {
    const data = { ...known().data, isReachable: false };
    const [trouble] = troubles(known({ data, feedDegradedSince: before(5) }), NOW);
    expect(trouble?.text).toMatch(/^The API does not answer; what you see is from .*\b40.*\. The page goes on/);
    const never = known({ data: { ...data, answeredAtMs: null }, table: { ...known().table, loadedAtMs: null } });
    expect(troubles(never, NOW)[0]?.text).toMatch(/^The API does not answer\. /);
  });

  it('say what is held, why, how much of it, and what to do', () => {
    const held = { since: before(60), reason: 'the listing lacks 40 of 100', wouldRemove: 40 };
    const [trouble] = troubles(known({ sync: { ...SYNC, held } }), NOW);
    expect(trouble).toMatchObject({ key: `held ${before(60)}`, tone: 'warn', remedy: 'sync' });
    expect(trouble?.text).toMatch(/held since .*: the listing lacks 40 of 100\. Nothing was removed; 40 records would/);
    expect(trouble?.text).toContain('Let a held listing through');
  });

  it('say that events are behind or refused; a key that is not known is asked for anew instead', () => {
    expect(troubles(known({ feedDegradedSince: before(5) }), NOW)).toMatchObject([{ key: 'feed' }]);
    const storeAway = { since: before(90), cause: 'Redis cannot be reached' };
    const [away] = troubles(known({ feedDegradedSince: before(5), storeAway }), NOW);
    expect(away?.text).toMatch(
      /^Degraded since \d.*: Redis cannot be reached\. The list shows the instances as this service knows them/,
    );
    expect(away?.text).toContain('Nothing can be created or started until Redis is back');
    const refused = (/** @type {number} */ status) =>
      known({ stream: { kind: 'rejected', problem: new ProblemError({ code: 'x', status, title: 'No.' }) } });
    expect(troubles(refused(403), NOW)).toMatchObject([{ key: 'rejected' }]);
    expect(troubles(refused(401), NOW)).toEqual([]);
  });
});
