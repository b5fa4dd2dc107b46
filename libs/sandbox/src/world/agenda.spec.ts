import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from './agenda.js';

describe('Agenda', () => {
  it('plays what is due in order of time, equal times as they were added, the rest later', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 0, max: 20 }), (times, now) => {
        const agenda = new Agenda();
        const played: [number, number][] = [];
        for (const [index, time] of times.entries()) agenda.add(time, (at) => played.push([at, index]));
        const expected = times.map((time, index): [number, number] => [time, index]).toSorted((a, b) => a[0] - b[0]);
        agenda.playUntil(now);
        expect(played).toEqual(expected.filter(([time]) => time <= now));
        agenda.playUntil(20);
        expect(played).toEqual(expected);
        expect(agenda.size).toBe(0);
      }),
    );
  });

  it('plays what is added while it plays, when that is due as well', () => {
    const agenda = new Agenda();
    const played: number[] = [];
    const again = (at: number): void => {
      played.push(at);
      agenda.add(at + 10, again);
    };
    agenda.add(5, again);
    agenda.playUntil(30);
    expect(played).toEqual([5, 15, 25]);
    expect(agenda.size).toBe(1);
  });
});
