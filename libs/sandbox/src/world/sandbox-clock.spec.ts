import { describe, expect, it } from 'vitest';
import { SandboxClock } from './sandbox-clock.js';

function clockAt(start: number, speed = 1) {
  let real = start;
  const clock = new SandboxClock(() => real, speed);
  return {
    clock,
    pass: (ms: number) => {
      real += ms;
    },
  };
}

describe('SandboxClock', () => {
  it('goes with real time, faster by its factor', () => {
    const { clock, pass } = clockAt(1_000, 10);
    pass(50);
    expect(clock.now()).toBe(1_500);
    clock.setSpeed(2);
    pass(50);
    expect(clock.now()).toBe(1_600);
  });

  it('stands still when frozen, and jumps on demand', () => {
    const { clock, pass } = clockAt(1_000, 0);
    pass(5_000);
    expect(clock.now()).toBe(1_000);
    clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('knows the real time of what it showed', () => {
    const { clock, pass } = clockAt(1_000, 10);
    pass(100);
    expect(clock.realTimeOf(1_500)).toBe(1_050);
    clock.advance(60_000);
    // In the jump: it counts as the time of the jump, never as the future.
    expect(clock.realTimeOf(30_000)).toBe(1_100);
    expect(clock.realTimeOf(clock.now() + 1_000)).toBe(1_100);
    expect(clock.expectedRealTimeOf(clock.now() + 1_000)).toBe(1_200);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the speed %s', (speed) => {
    expect(() => clockAt(0, speed)).toThrow(RangeError);
    expect(() => clockAt(0).clock.setSpeed(speed)).toThrow(RangeError);
    expect(() => clockAt(0).clock.advance(speed)).toThrow(RangeError);
  });
});
