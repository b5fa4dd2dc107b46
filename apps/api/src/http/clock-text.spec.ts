import { FakeClock } from '@app/testing';
import { expect, it } from 'vitest';
import { ClockText } from './clock-text.js';

it('is the time of the clock, always', () => {
  const clock = new FakeClock();
  const text = new ClockText(clock);
  for (const ms of [0, 0, 1, 999, -500]) {
    clock.advance(ms);
    expect(text.now()).toBe(clock.timestamp());
  }
});
