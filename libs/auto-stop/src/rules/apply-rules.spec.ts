import { StoreUnavailableError } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MINUTE, RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld, OPTIONS } from '../../test/fakes/check-world.js';
import { ApplyRules } from './apply-rules.js';
import { MemoryRulesMark } from './rules-mark.js';
import { RulesReports, rulesFingerprint } from './rules-reports.js';

beforeAll(() => Logger.overrideLogger(false));

const signal = AbortSignal.timeout(60_000);
const NEW = { settled: null, others: 0 };

function setUp() {
  const world = new CheckWorld();
  const { store } = world;
  const reindex = vi.spyOn(store.idle, 'reindex');
  const mark = new MemoryRulesMark();
  const reports = new RulesReports(
    mark,
    new SchedulerRegistry(),
    OPTIONS,
    RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
  );
  return {
    world,
    reindex,
    mark,
    reports,
    apply: new ApplyRules(store.records, store.idle, mark, reports, world.clock, OPTIONS),
  };
}

describe('rules that have changed', () => {
  it('are applied to all that are ready, page by page, once', async () => {
    const { world, reindex, mark, apply } = setUp();
    for (let n = 0; n < 205; n++) await world.add();
    await world.add({ status: 'starting' });
    expect(await apply.apply(NEW, signal)).toBe(205);
    expect(reindex.mock.calls.map(([ids]) => ids.length)).toEqual([200, 5]);
    expect(await apply.apply(await mark.report(), signal)).toBeNull();
    expect(await apply.apply({ settled: 'other rules', others: 0 }, signal)).toBe(205);
  });

  it('are not called applied when that was cut off', async () => {
    const { world, mark, apply } = setUp();
    await world.add();
    await expect(apply.apply(NEW, AbortSignal.abort(new Error('ends')))).rejects.toThrow('ends');
    expect((await mark.report()).settled).toBeNull();
  });

  it('are applied again when the last process with other rules is gone, and now and then until it is', async () => {
    const { world, mark, apply } = setUp();
    await world.add();
    expect(await apply.apply({ settled: null, others: 1 }, signal)).toBe(1);
    expect((await mark.report()).settled).toBeNull();
    expect(await apply.apply({ settled: null, others: 1 }, signal)).toBeNull();
    world.clock.advance(5 * MINUTE);
    expect(await apply.apply({ settled: null, others: 1 }, signal)).toBe(1);
    expect(await apply.apply({ settled: null, others: 0 }, signal)).toBe(1);
    expect((await mark.report()).settled).toBe(rulesFingerprint(RULES));
  });

  it('are compared by what they mean, not by their order', () => {
    const turned = { ...RULES, byTemplate: new Map([...RULES.byTemplate].toReversed()) };
    expect(rulesFingerprint(turned)).toBe(rulesFingerprint(RULES));
    const others = [
      { ...RULES, enabled: false },
      { ...RULES, thresholdMs: 1 },
      { ...RULES, warningMs: 0 },
      { ...RULES, byTemplate: new Map<string, number | 'off'>([['slow', 'off']]) },
    ];
    expect(new Set([RULES, ...others].map(rulesFingerprint)).size).toBe(5);
  });
});

describe('a process', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('reports its rules in the background until it ends, and a worker applies them when that works', async () => {
    const { mark, apply, reports } = setUp();
    apply.onModuleInit();
    let tries = 0;
    const report = mark.report.bind(mark);
    mark.report = () => (++tries < 3 ? Promise.reject(new StoreUnavailableError('away')) : report());
    void reports.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(47_000);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(98_000);
    expect([tries, (await report()).settled]).toEqual([3, rulesFingerprint(RULES)]);
    await reports.beforeApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});
