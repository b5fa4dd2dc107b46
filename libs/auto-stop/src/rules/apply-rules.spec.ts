import { MemoryInstanceStore, StoreUnavailableError } from '@app/instance-store';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MINUTE, RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld, OPTIONS } from '../../test/fakes/check-world.js';
import { ApplyRules } from './apply-rules.js';
import { MemoryRulesMark } from './memory-rules-mark.js';
import { rulesFingerprint } from './rules-fingerprint.js';

beforeAll(() => Logger.overrideLogger(false));

const signal = AbortSignal.timeout(60_000);

/** Notes what is put in line. */
class NotingStore extends MemoryInstanceStore {
  readonly pages: number[] = [];

  override async reindexIdle(...[ids]: Parameters<MemoryInstanceStore['reindexIdle']>): Promise<void> {
    this.pages.push(ids.length);
    await super.reindexIdle(ids);
  }
}

function setUp() {
  let store: NotingStore | undefined;
  const world = new CheckWorld({ store: (clock) => (store = new NotingStore(clock, { rules: RULES })) });
  const mark = new MemoryRulesMark();
  if (store === undefined) throw new Error('no store');
  return { world, store, mark, apply: new ApplyRules(store, mark, OPTIONS) };
}

describe('rules that have changed', () => {
  it('are applied to all that are ready, page by page, once', async () => {
    const { world, store, mark, apply } = setUp();
    for (let n = 0; n < 205; n++) await world.add();
    await world.add({ status: 'starting' });
    expect(await apply.apply(signal)).toBe(205);
    expect(store.pages).toEqual([200, 5]);
    expect(await apply.apply(signal)).toBeNull();
    const other = new ApplyRules(store, mark, { ...OPTIONS, rules: { ...RULES, thresholdMs: MINUTE } });
    expect(await other.apply(signal)).toBe(205);
  });

  it('are not called applied when that was cut off', async () => {
    const { world, mark, apply } = setUp();
    await world.add();
    await expect(apply.apply(AbortSignal.abort(new Error('ends')))).rejects.toThrow('ends');
    expect(await mark.read()).toBeNull();
  });

  it('are told by what they mean, not by their order', () => {
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

describe('at the start of a worker', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('they are applied in the background, and tried again after a fault until the process ends', async () => {
    const { mark, apply } = setUp();
    let tries = 0;
    const read = mark.read.bind(mark);
    mark.read = () => (++tries < 3 ? Promise.reject(new StoreUnavailableError('away')) : read());
    apply.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([tries, await read()]).toEqual([3, rulesFingerprint(RULES)]);
    await apply.beforeApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('no further try is made by a process that ends', async () => {
    const { mark, apply } = setUp();
    mark.read = () => Promise.reject(new StoreUnavailableError('away'));
    apply.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1);
    await apply.beforeApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});
