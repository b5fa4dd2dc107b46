import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dearestParts, endMessage, idleFor, limitMessage, partLabel, unpricedMessage } from './spend-messages.js';
import { SPEND } from './words.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
/** @param {number} minutes */
const after = (minutes) => new Date(NOW + minutes * 60_000).toISOString();

describe('what would end the costs', () => {
  it('is auto-stop, which is near or not', () => {
    expect(endMessage({ autoStopAt: after(12) }, NOW, {})).toEqual({ text: 'Auto-stop in 12 min', tone: null });
    expect(endMessage({ autoStopAt: after(4) }, NOW, undefined)).toEqual({ text: 'Auto-stop in 4 min', tone: 'warn' });
    expect(endMessage({ autoStopAt: after(-1) }, NOW, {})).toMatchObject({ text: 'Auto-stop now' });
  });

  it('is nothing while auto-stop is suspended', () => {
    const suspended = { suspended: 'the last complete listing of Novita is 3 hours old' };
    expect(endMessage({ autoStopAt: after(12) }, NOW, suspended)).toEqual({ text: SPEND.ends.suspended, tone: 'warn' });
  });

  it.each(
    /** @type {const} */ ([
      'switched-off-for-all',
      'switched-off-for-this-one',
      'switched-off-for-its-template',
      'made-elsewhere',
      'billed-monthly',
    ]),
  )('is said of one that is never stopped, %s', (autoStopExemption) => {
    expect(endMessage({ autoStopExemption }, NOW, {}).text).toBe(SPEND.ends[autoStopExemption]);
  });
});

describe('for how long it stands idle', () => {
  it('is not known of one whose users do not report here', () => {
    expect(idleFor({ idleSince: after(-90), origin: 'managed' }, NOW).text).toBe('1 h 30 min');
    expect(idleFor({ idleSince: after(-90), origin: 'discovered' }, NOW).text).toBe(SPEND.useNotKnown);
    const used = /** @type {const} */ ({ origin: 'discovered', idleSince: after(-9), lastUsedAt: after(-9) });
    expect(idleFor(used, NOW).text).toBe('9 min');
    expect(idleFor({ origin: 'managed' }, NOW).text).toBe(SPEND.useNotKnown);
  });
});

describe('the daily limit', () => {
  it('is said beside what was spent, with a tone when it is near or reached', () => {
    const limit = { dailyUsd: 100, enforced: false, stops: false, reached: false };
    expect(limitMessage(5, undefined)).toEqual({ note: '', tone: null });
    expect(limitMessage(79.99, limit)).toEqual({ note: 'of $100.00 a day', tone: null });
    expect(limitMessage(80, limit).tone).toBe('warn');
    expect(limitMessage(100, { ...limit, reached: true })).toEqual({ note: 'limit of $100.00 reached', tone: 'bad' });
    const enforced = { dailyUsd: 100, enforced: true, stops: false };
    expect(limitMessage(100, enforced)).toEqual({
      note: 'limit of $100.00 reached, nothing new is created',
      tone: 'bad',
    });
    expect(limitMessage(100, { ...enforced, stops: true }).note).toBe('limit of $100.00 reached, what runs is stopped');
  });
});

describe('the parts of the spend', () => {
  it('are called by their names, or not known', () => {
    expect(partLabel('owner', 'user:ci')).not.toBe('user:ci');
    expect(partLabel('owner', 'unknown')).toBe(SPEND.unknown);
    expect(partLabel('product', 'unknown')).toBe(SPEND.unknown);
    expect(partLabel('product', 'RTX 4090 24GB')).toBe('RTX 4090 24GB');
  });

  it('are the dearest and all others, with no others for one alone', () => {
    const parts = { a: 1, b: 4, c: 2, d: 0.5, nothing: 0 };
    expect(dearestParts(parts, 2)).toEqual({
      named: [
        { name: 'b', usd: 4, share: 1 },
        { name: 'c', usd: 2, share: 0.5 },
      ],
      others: { count: 2, usd: 1.5 },
    });
    expect(dearestParts(parts, 3).others.count).toBe(0);
    expect(dearestParts({}, 3)).toEqual({ named: [], others: { count: 0, usd: 0 } });
  });

  it('always add up to the whole', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 4 }), fc.nat(1_000)),
        fc.integer({ min: 1, max: 8 }),
        (parts, most) => {
          const { named, others } = dearestParts(parts, most);
          const shown = named.reduce((sum, { usd }) => sum + usd, others.usd);
          expect(shown).toBeCloseTo(
            Object.values(parts).reduce((sum, amount) => sum + amount, 0),
            6,
          );
        },
      ),
    );
  });

  it('say how many have no price', () => {
    expect([0, 1, 2_000].map(unpricedMessage)).toEqual(['', 'and 1 of unknown price', 'and 2,000 of unknown price']);
  });
});
