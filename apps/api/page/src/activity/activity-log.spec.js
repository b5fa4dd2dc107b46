import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEvent, eventsDown } from './activity.spec.fixture.js';
import { ActivityLog, compareIds } from './activity-log.js';

/** @param {ActivityLog} log */
const numbers = (log) => log.events.map(({ id }) => Number.parseInt(id, 10) - 1_000);

/** A page as the API gives it, with what the next one begins at. @param {number} from @param {number} to */
const page = (from, to) => ({
  events: eventsDown(from, to),
  nextCursor: to === 0 ? null : `${1_000 + to}-0`,
  lastEventId: `${1_000 + from}-0`,
});

describe('the order of events', () => {
  it('is that of their times, then of their numbers, as numbers', () => {
    expect(compareIds('2-0', '10-0')).toBeLessThan(0);
    expect(compareIds('10-10', '10-9')).toBeGreaterThan(0);
    expect(compareIds('10-1', '10-1')).toBe(0);
  });
});

describe('the list of what happened', () => {
  it('holds each event once, the latest first, whatever comes when', () => {
    const all = eventsDown(30, 0);
    const pieces = fc.shuffledSubarray(all.map((_, number) => number));
    fc.assert(
      fc.property(pieces, fc.nat(30), (live, from) => {
        const log = new ActivityLog();
        for (const number of live) log.addLive(anEvent(number));
        log.addLatest([page(30, from)]);
        if (from > 0) log.addOlder(page(from - 1, 0));
        for (const number of live) log.addLive(anEvent(number));
        expect(numbers(log)).toEqual(all.map((_, index) => 30 - index));
        expect(log.nextCursor).toBeNull();
      }),
    );
  });

  it('keeps older ones when what is read again reaches them', () => {
    const log = new ActivityLog();
    log.addLatest([page(10, 5)]);
    log.addOlder(page(4, 2));
    log.addLatest([page(14, 9)]);
    expect(numbers(log)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    expect(log.nextCursor).toBe('1002-0');
  });

  it('shows no hole: what the pages do not reach is let go of, and can be asked for again', () => {
    const log = new ActivityLog();
    log.addLatest([page(10, 5)]);
    // It came over the stream; what happened between did not.
    log.addLive(anEvent(25));
    const pages = [page(24, 20)];
    expect(log.isReachedBy(pages)).toBe(false);
    log.addLatest(pages);
    expect(numbers(log)).toEqual([25, 24, 23, 22, 21, 20]);
    expect(log.nextCursor).toBe('1020-0');
    log.addOlder(page(19, 0));
    expect(numbers(log)).toHaveLength(26);
  });

  it('is reached by further pages, or by one that is the last of all', () => {
    const log = new ActivityLog();
    log.addLatest([page(10, 5)]);
    expect(log.isReachedBy([page(24, 20), page(19, 11)])).toBe(false);
    expect(log.isReachedBy([page(24, 20), page(19, 10)])).toBe(true);
    expect(log.isReachedBy([page(24, 0)])).toBe(true);
  });

  it('does not grow without end by itself, and goes on where it was cut', () => {
    const log = new ActivityLog(5);
    log.addLatest([page(4, 0)]);
    for (let number = 5; number < 20; number++) log.addLive(anEvent(number));
    expect(numbers(log)).toEqual([19, 18, 17, 16, 15]);
    expect(log.nextCursor).toBe('1015-0');
    log.addOlder(page(14, 10));
    log.addLive(anEvent(20));
    expect(numbers(log)).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11]);
    expect(log.nextCursor).toBe('1011-0');
  });

  it('knows the name of one that is gone by what happened before', () => {
    const log = new ActivityLog();
    log.addLive(anEvent(1, { instanceId: 'ins_a' }));
    const { instance: _gone, ...removed } = anEvent(2, { instanceId: 'ins_a', type: 'instance.removed' });
    log.addLive(removed);
    expect(log.nameOf('ins_a')).toBe('name-1');
    expect(log.nameOf('ins_b')).toBeNull();
  });
});
