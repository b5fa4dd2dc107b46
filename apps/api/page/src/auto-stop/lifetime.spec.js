import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import { endText, lifetimeMessage, lifetimeViolation, typedMinutes } from './lifetime.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
/** @param {number} minutes */
const ending = (minutes) => ({ maxMinutes: 480, endsAt: new Date(NOW + minutes * 60_000).toISOString() });

describe('when an instance ends', () => {
  it('is said of one that is to run, whatever its use', () => {
    expect(endText(anInstance({ lifetime: ending(5) }), NOW)).toMatch(
      /^Ends (tomorrow )?at .*05.* whatever its use\.$/,
    );
    expect(endText(anInstance({ lifetime: ending(0) }), NOW)).toMatch(/it ends now/);
    expect(endText(anInstance(), NOW)).toBe('');
  });

  it('is said of a stopped one only when it cannot be started any more', () => {
    const stopped = { status: /** @type {const} */ ('stopped'), desired: /** @type {const} */ ('stopped') };
    expect(endText(anInstance({ ...stopped, lifetime: ending(5) }), NOW)).toBe('');
    expect(endText(anInstance({ ...stopped, lifetime: ending(-5) }), NOW)).toMatch(/“Auto-stop settings…”/);
    expect(endText(anInstance({ status: 'terminated', lifetime: ending(-5) }), NOW)).toBe('');
  });
});

it('shows the setting as it is', () => {
  expect([lifetimeMessage(anInstance()), typedMinutes(anInstance())]).toEqual(['None', '']);
  const lived = anInstance({ lifetime: ending(1) });
  expect([lifetimeMessage(lived), typedMinutes(lived)]).toEqual(['8 h from its creation on', '480']);
});

it.each([
  ['', true],
  [' 480 ', true],
  ['0.5', true],
  ['0', false],
  ['8h', false],
  ['5256001', false],
])('takes %j: %s', (text, isTaken) => {
  expect(lifetimeViolation(text) === '').toBe(isTaken);
});
