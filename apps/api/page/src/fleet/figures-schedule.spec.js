import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FiguresSchedule } from './figures-schedule.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

afterEach(() => void vi.useRealTimers());

it('reads soon after a command, and for changes elsewhere at a pace that many pages can keep', () => {
  const read = vi.fn(() => schedule.noteRead());
  const schedule = new FiguresSchedule({ waitMs: (usualMs) => usualMs }, read);
  schedule.again();
  vi.advanceTimersByTime(2_100);
  expect(read).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 50; i++) {
    schedule.again();
    vi.advanceTimersByTime(100);
  }
  expect(read).toHaveBeenCalledTimes(1);
  schedule.soon();
  vi.advanceTimersByTime(2_100);
  expect(read).toHaveBeenCalledTimes(2);
});

it('reads once more for what happened while a read was due, and not after its end', () => {
  const read = vi.fn();
  const schedule = new FiguresSchedule({ waitMs: (usualMs) => usualMs }, read);
  schedule.soon();
  vi.advanceTimersByTime(1_000);
  schedule.soon();
  vi.advanceTimersByTime(60_000);
  expect(read).toHaveBeenCalledTimes(2);
  schedule.soon();
  schedule.end();
  vi.advanceTimersByTime(60_000);
  expect(read).toHaveBeenCalledTimes(2);
});
