import { dayOf, type InstanceRecord, startOfDayMs } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { insert, type MakeStore } from './harness.js';
import { metered } from './spend.conformance.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 1, 27, 23);
const NEVER = new AbortController().signal;
const INSTANCES = 3;

type Kind = 'billing' | 'saving' | 'neither';

const step = fc.record({
  /** Up to a day and a half, and often little. */
  afterMs: fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 36 * HOUR })),
  instance: fc.nat({ max: INSTANCES - 1 }),
  change: fc.oneof(
    fc.record({
      kind: fc.constantFrom<Kind>('billing', 'saving', 'neither'),
      usdPerHour: fc.constantFrom(0.35, 0.123457, 3, 80),
    }),
    fc.constant('remove' as const),
    fc.constant('nothing' as const),
  ),
  /** After the change. */
  accruals: fc.nat({ max: 2 }),
});

/** An integral over time, worked out from each stretch in which nothing changed. */
class Ledger {
  readonly byDay = new Map<string, number>();

  run(kind: Kind, rate: number, fromMs: number, untilMs: number): void {
    if (kind === 'neither') return;
    for (let from = fromMs; from < untilMs; ) {
      const day = dayOf(from);
      const start = startOfDayMs(day);
      const until = Math.min(untilMs, startOfDayMs(day + 1));
      const since = (ms: number): number => Math.floor((rate * (ms - start)) / HOUR);
      const key = `${kind} ${day}`;
      this.byDay.set(key, (this.byDay.get(key) ?? 0) + since(until) - since(from));
      from = until;
    }
  }

  of(kind: Kind, day: number): number {
    return (this.byDay.get(`${kind} ${day}`) ?? 0) / 1e6;
  }
}

interface Running {
  record: InstanceRecord;
  kind: Kind;
  usdPerHour: number;
}

/** Of an instance that costs, spares, or does neither. */
function as(record: InstanceRecord, kind: Kind, usdPerHour: number): InstanceRecord {
  const by = kind === 'saving' ? 'auto-stop' : 'user:a';
  const desired = { ...record.desired, state: kind === 'billing' ? 'running' : 'stopped', by } as const;
  return { ...record, desired, status: kind === 'billing' ? 'ready' : 'stopped', price: { usdPerHour } };
}

export function spendPropertiesConformance(makeStore: MakeStore): void {
  it('what is accrued is the integral of what ran, whatever is written and accrued when', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { store, clock } = makeStore();
        clock.set(START);
        const running = new Map<number, Running>();
        const ledger = new Ledger();
        for (const { afterMs, instance, change, accruals } of steps) {
          const from = clock.now();
          clock.advance(afterMs);
          for (const { kind, usdPerHour } of running.values()) {
            ledger.run(kind, Math.round(usdPerHour * 1e6), from, clock.now());
          }
          const held = running.get(instance);
          if (change === 'remove') {
            if (held !== undefined)
              expect(await store.records.remove(held.record.id, held.record.revision)).toBe('removed');
            running.delete(instance);
          } else if (change !== 'nothing') {
            const { kind, usdPerHour } = change;
            const record = held?.record ?? (await insert(store, metered({ status: 'stopped' })));
            const result = await store.records.write(as(record, kind, usdPerHour), { kind: 'command' });
            if (result.outcome !== 'written') throw new Error(result.outcome);
            running.set(instance, { record: result.stored.record, kind, usdPerHour });
          }
          for (let i = 0; i < accruals; i++) {
            await store.spend.accrue(timestampFromMs(clock.now() - i * 1_000), NEVER);
          }
        }
        await store.spend.accrue(clock.timestamp(), NEVER);

        const { spentByDay, savedByDay, now } = await store.spend.read(dayOf(START));
        for (let day = dayOf(START); day <= dayOf(clock.now()); day++) {
          expect(spentByDay.get(day) ?? 0).toBe(ledger.of('billing', day));
          expect(savedByDay.get(day) ?? 0).toBe(ledger.of('saving', day));
          const byInstance = await store.spend.byInstance({ kind: 'day', day }, 100);
          const sum = byInstance.reduce((total, { usd }) => total + Math.round(usd * 1e6), 0);
          if (dayOf(clock.now()) - day < 7) expect(sum).toBe(Math.round((spentByDay.get(day) ?? 0) * 1e6));
        }
        const rates = [...running.values()].map(({ kind, usdPerHour }) => (kind === 'billing' ? usdPerHour : 0));
        expect(now.usdPerHour).toBeCloseTo(
          rates.reduce((sum, rate) => sum + rate, 0),
          9,
        );
      }),
      { numRuns: 60 },
    );
  });
}
