import bullMq from 'bullmq/package.json' with { type: 'json' };
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankMs, URGENT_LEAD_MS } from '../catalogue/job-queue.port.js';
import { bullMqPriority, isKnownBullMq } from './bullmq-layout.js';

const NOW = Date.UTC(2026, 10, 29, 12);
const MINUTE_MS = 60_000;

describe('the rank of a job', () => {
  it('puts what is urgent before what is due within the lead before it, and never before what is older', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * URGENT_LEAD_MS }), (older) => {
        const passes = rankMs(NOW, true) < rankMs(NOW - older, false);
        expect(passes).toBe(older < URGENT_LEAD_MS);
      }),
    );
  });

  it("keeps that order in BullMQ's numbers, to the minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * URGENT_LEAD_MS }), (older) => {
        const [urgent, other] = [bullMqPriority(NOW, true), bullMqPriority(NOW - older, false)];
        if (older <= URGENT_LEAD_MS - MINUTE_MS) expect(urgent).toBeLessThan(other);
        if (older >= URGENT_LEAD_MS + MINUTE_MS) expect(other).toBeLessThan(urgent);
      }),
    );
    expect(bullMqPriority(NOW, true)).toBeLessThan(bullMqPriority(NOW, false));
  });

  it('is one that BullMQ takes, at any time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 0) }), fc.boolean(), (due, urgent) => {
        expect(bullMqPriority(due, urgent)).toBeGreaterThanOrEqual(1);
        expect(bullMqPriority(due, urgent)).toBeLessThan(2 ** 21);
      }),
    );
  });
});

describe('the version of BullMQ', () => {
  it('is the one whose layout the scripts know, and another is detected', () => {
    expect(isKnownBullMq(bullMq.version)).toBe(true);
    expect(isKnownBullMq('6.8.0')).toBe(false);
    expect(isKnownBullMq('6.70.0')).toBe(false);
  });
});
