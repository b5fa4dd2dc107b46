import { MetricsRegistry, ProcessIdentity } from '@app/platform';
import { FakeClock } from '@app/testing';
import { Counter, Gauge } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { FleetMetricsTurn } from './fleet-metrics-turn.js';
import { MemoryLockKeeper } from './memory-locks.js';

describe('metrics of the whole fleet', () => {
  const setUp = () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const locks = new MemoryLockKeeper(clock);
    const process = () => {
      const turn = new FleetMetricsTurn(locks, new ProcessIdentity('test'));
      const registry = new MetricsRegistry(turn);
      registry.registerMetric(new Counter({ name: 'own_total', help: 'own', registers: [] }));
      new Gauge({ name: 'of_all', help: 'of all', registers: [registry.fleet] }).set(7);
      return { turn, registry };
    };
    return { clock, locks, first: process(), second: process() };
  };
  const shows = async ({ registry }: { registry: MetricsRegistry }) => {
    const text = await registry.metrics();
    expect(text).toContain('own_total 0');
    return text.includes('of_all 7');
  };

  it('are shown by one process at a time, so that a sum counts them once', async () => {
    const { first, second, clock } = setUp();
    expect([await shows(first), await shows(second)]).toEqual([true, false]);
    for (let scrape = 0; scrape < 10; scrape += 1) {
      clock.advance(60_000);
      expect([await shows(second), await shows(first)]).toEqual([false, true]);
    }
  });

  it('pass to another process when the one that shows them ends, or is scraped no more', async () => {
    const { first, second, clock } = setUp();
    expect(await shows(first)).toBe(true);
    await first.turn.beforeApplicationShutdown();
    expect(await shows(second)).toBe(true);
    clock.advance(151_000);
    expect([await shows(first), await shows(second)]).toEqual([true, false]);
  });

  it('stay where they are while the lock cannot be asked', async () => {
    const { first, second, locks } = setUp();
    expect(await shows(first)).toBe(true);
    vi.spyOn(locks, 'renew').mockRejectedValue(new Error('away'));
    vi.spyOn(locks, 'acquire').mockRejectedValue(new Error('away'));
    expect([await shows(first), await shows(second)]).toEqual([true, false]);
  });
});
