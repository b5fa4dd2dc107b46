import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseChoices, leaseMessage, leaseSpan, reasonViolation } from './lease.js';

const HOUR_MS = 3_600_000;

/**
 * @param {string} choice
 * @param {Date} now when the form was opened
 */
function offered(choice, now) {
  const offer = leaseChoices(now).find((candidate) => candidate.choice === choice);
  if (offer === undefined) throw new Error(`${choice} is not offered`);
  return offer;
}

describe('in a place with summer time', () => {
  beforeEach(() => {
    vi.stubEnv('TZ', 'Europe/Berlin');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('takes tomorrow 09:00 from the clock on the wall, over a night of any length', () => {
    // 2026: summer time from 29 March on, until 25 October.
    const nights = [
      { noon: '2026-03-27T11:00:00.000Z', hours: 21 },
      { noon: '2026-03-28T11:00:00.000Z', hours: 20 },
      { noon: '2026-10-24T10:00:00.000Z', hours: 22 },
    ];
    for (const { noon, hours } of nights) {
      const now = new Date(noon);
      const span = leaseSpan(offered('tomorrow', now), '', now);
      const until = new Date('until' in span ? span.until : NaN);
      expect(until.getHours()).toBe(9);
      expect((until.getTime() - now.getTime()) / HOUR_MS).toBe(hours);
    }
  });

  it('takes another time as the reader means it', () => {
    const now = new Date('2026-07-01T10:00:00.000Z');
    expect(leaseSpan(offered('other', now), '2026-07-01T18:00', now)).toEqual({ until: '2026-07-01T16:00:00.000Z' });
  });

  it('offers the coming morning to those who are up at night', () => {
    const atNight = leaseChoices(new Date('2026-07-01T00:30:00.000Z'));
    expect(atNight.find(({ choice }) => choice === 'today')?.at?.toISOString()).toBe('2026-07-01T07:00:00.000Z');
    const byDay = leaseChoices(new Date('2026-07-01T07:30:00.000Z'));
    expect(byDay.map(({ choice }) => choice)).toEqual(['30m', '1h', '4h', 'tomorrow', 'other']);
  });

  it('offers no morning that is more than a day away, which a service refuses by default', () => {
    for (const early of ['2026-07-01T00:30:00.000Z', '2026-07-01T06:59:00.000Z']) {
      expect(leaseChoices(new Date(early)).some(({ choice }) => choice === 'tomorrow')).toBe(false);
    }
    expect(offered('tomorrow', new Date('2026-07-01T07:00:00.000Z')).at?.toISOString()).toBe(
      '2026-07-02T07:00:00.000Z',
    );
  });
});

it('turns the month at its end', () => {
  const span = leaseSpan(offered('tomorrow', new Date(2026, 11, 31, 22)), '', new Date(2026, 11, 31, 22));
  expect(span).toEqual({ until: new Date(2027, 0, 1, 9).toISOString() });
});

it('leaves spans to the API, whose clock counts', () => {
  const now = new Date();
  expect(leaseSpan(offered('30m', now), '', now)).toEqual({ minutes: 30 });
  expect(leaseSpan(offered('1h', now), '', now)).toEqual({ minutes: 60 });
  expect(leaseSpan(offered('4h', now), '', now)).toEqual({ minutes: 240 });
});

it('refuses what is no time to come', () => {
  const now = new Date(2026, 5, 1, 12);
  expect(leaseSpan(offered('other', now), '', now)).toEqual({ violation: 'Give a day and a time.' });
  expect(leaseSpan(offered('other', now), '2026-06-01T11:59', now)).toEqual({
    violation: 'Give a time that is still to come.',
  });
});

it('wants a reason that fits in a line', () => {
  expect(reasonViolation('  ')).toMatch(/what it is busy with/);
  expect(reasonViolation('x'.repeat(201))).toMatch(/200/);
  expect(reasonViolation('training run 42')).toBe('');
});

it('sends the morning that was shown, also when midnight came before it was saved', () => {
  const offer = offered('tomorrow', new Date(2026, 5, 1, 23, 58));
  const until = new Date(2026, 5, 2, 9);
  expect(leaseMessage(offer, new Date(2026, 5, 1, 23, 58))).toEqual({ text: 'Until 09:00 tomorrow', endsAt: until });
  const saved = new Date(2026, 5, 2, 0, 3);
  expect(leaseMessage(offer, saved)).toEqual({ text: 'Until 09:00 today', endsAt: until });
  expect(leaseSpan(offer, '', saved)).toEqual({ until: until.toISOString() });
});

it('refuses a morning that passed while the form was open', () => {
  const offer = offered('today', new Date(2026, 5, 1, 7));
  expect(leaseSpan(offer, '', new Date(2026, 5, 1, 9, 1))).toEqual({ violation: 'Give a time that is still to come.' });
});

it('says the end of a span as it would be if it were sent now', () => {
  const offer = offered('1h', new Date(2026, 5, 1, 12));
  const endsAt = new Date(2026, 5, 1, 14);
  expect(leaseMessage(offer, new Date(2026, 5, 1, 13))).toEqual({ text: 'For 1 hour', endsAt });
});
