import { expect, it } from 'vitest';
import { type BudgetLimits, budgetLimits, type RequestBudget } from '../src/budget/request-budget.port.js';

export interface BudgetHarness {
  /** An unused budget. */
  readonly make: (limits: BudgetLimits) => Promise<RequestBudget>;
  /** Lets that many milliseconds pass for the budgets. */
  readonly advance: (ms: number) => Promise<void>;
}

/**
 * What every request budget does. Four permits a second, eight at most, two of them not for background calls and one for
 * urgent calls only; so slow that a busy machine does not earn one between two calls.
 */
export function requestBudgetConformance({ make, advance }: BudgetHarness): void {
  const limits = budgetLimits(4);

  it('grants two seconds worth at once, and then none', async () => {
    const budget = await make(limits);
    expect(await budget.take(8, 'urgent')).toEqual({ granted: 8, waitMs: 0 });
    const { granted, waitMs } = await budget.take(1, 'urgent');
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(250);
  });

  it('grants what is there when more is wanted', async () => {
    const budget = await make(limits);
    await budget.take(6, 'urgent');
    const grant = await budget.take(50, 'urgent');
    expect(grant.granted).toBe(2);
    expect(grant.waitMs).toBeGreaterThan(0);
  });

  it('leaves the last permits to calls of a higher priority', async () => {
    const budget = await make(limits);
    expect((await budget.take(8, 'background')).granted).toBe(6);
    const grant = await budget.take(1, 'background');
    expect(grant.granted).toBe(0);
    expect(grant.waitMs).toBeLessThanOrEqual(250);
    expect((await budget.take(2, 'interactive')).granted).toBe(1);
    expect((await budget.take(2, 'urgent')).granted).toBe(1);
    // Background calls wait until what they leave to others is there again, and one more.
    const { waitMs } = await budget.take(1, 'background');
    expect(waitMs).toBeGreaterThan(500);
    expect(waitMs).toBeLessThanOrEqual(750);
  });

  it('grants as many as the rate allows once the time has come', async () => {
    const budget = await make(limits);
    await budget.take(8, 'urgent');
    const { waitMs } = await budget.take(1, 'urgent');
    await advance(waitMs);
    expect((await budget.take(1, 'urgent')).granted).toBe(1);
    expect((await budget.take(1, 'urgent')).granted).toBe(0);
    await advance(550);
    expect((await budget.take(8, 'urgent')).granted).toBeGreaterThanOrEqual(2);
  });

  it('grants nothing during a pause, and keeps the longer of two', async () => {
    const budget = await make(limits);
    await budget.pause(300);
    await budget.pause(20);
    const { granted, waitMs } = await budget.take(1, 'urgent');
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(50);
    expect(waitMs).toBeLessThanOrEqual(300);
    await advance(waitMs);
    expect((await budget.take(1, 'urgent')).granted).toBe(1);
  });

  it('grants one by one where the rate is the lowest', async () => {
    const budget = await make(budgetLimits(1));
    expect((await budget.take(5, 'background')).granted).toBe(2);
    expect((await budget.take(1, 'background')).waitMs).toBeGreaterThan(700);
  });
}
