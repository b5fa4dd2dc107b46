import { FakeClock } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailoverRequestBudget } from './failover-request-budget.js';
import { LocalRequestBudget } from './local-request-budget.js';
import { budgetLimits, type Grant, RequestBudget } from './request-budget.port.js';

class ScriptedBudget extends RequestBudget {
  asked = 0;
  answer: () => Promise<Grant> = async () => ({ granted: 1, waitMs: 0 });

  override async take(): Promise<Grant> {
    this.asked += 1;
    return this.answer();
  }

  override async pause(): Promise<void> {
    await this.answer();
  }
}

const away = async (): Promise<never> => {
  throw new Error('Redis is away');
};

describe('FailoverRequestBudget', () => {
  const clock = new FakeClock();
  let shared: ScriptedBudget;
  let budget: FailoverRequestBudget;
  let changes: (string | null)[];

  beforeEach(() => {
    shared = new ScriptedBudget();
    changes = [];
    const local = new LocalRequestBudget(budgetLimits(10), clock);
    budget = new FailoverRequestBudget(shared, local, clock, (cause) => changes.push(cause?.message ?? null));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks the shared budget', async () => {
    shared.answer = async () => ({ granted: 0, waitMs: 77 });
    expect(await budget.take(1, 'background')).toEqual({ granted: 0, waitMs: 77 });
    expect(changes).toEqual([]);
  });

  it('grants from its own while the shared one is away, and asks only now and then', async () => {
    shared.answer = away;
    for (let call = 0; call < 5; call += 1) expect((await budget.take(1, 'interactive')).granted).toBe(1);
    expect(shared.asked).toBe(1);
    clock.advance(2_000);
    await budget.take(1, 'interactive');
    expect(shared.asked).toBe(2);
    expect(changes).toEqual(['Redis is away']);
  });

  it('goes back, and reports each change once', async () => {
    shared.answer = away;
    await budget.take(1, 'interactive');
    clock.advance(2_000);
    shared.answer = async () => ({ granted: 1, waitMs: 0 });
    await budget.take(1, 'interactive');
    await budget.take(1, 'interactive');
    expect(shared.asked).toBe(3);
    expect(changes).toEqual(['Redis is away', null]);
  });

  it('does not grant a second burst when the shared one goes away', async () => {
    shared.answer = async () => ({ granted: 20, waitMs: 0 });
    await budget.take(20, 'interactive');
    shared.answer = away;
    expect((await budget.take(1, 'interactive')).granted).toBe(0);
  });

  it('takes one that hangs for one that is away', async () => {
    vi.useFakeTimers();
    shared.answer = () => new Promise(() => undefined);
    const grant = budget.take(1, 'interactive');
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await grant).granted).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('pauses its own as well', async () => {
    shared.answer = away;
    await budget.pause(500);
    expect(await budget.take(1, 'interactive')).toEqual({ granted: 0, waitMs: 500 });
  });
});
