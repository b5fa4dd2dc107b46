import { expect, it } from 'vitest';
import { type BudgetLimits, budgetLimits, type RequestBudget } from '../src/budget/request-budget.port.js';

export interface BudgetHarness {
  /** A budget that nobody has used. */
  readonly make: (limits: BudgetLimits) => Promise<RequestBudget>;
  /** Lets that many milliseconds pass for the budgets. */
  readonly advance: (ms: number) => Promise<void>;
}

/** What every request budget does. 10 permits a second, 20 at most, 5 of them for interactive calls only. */
export function requestBudgetConformance({ make, advance }: BudgetHarness): void {
  const limits = budgetLimits(10);

  it('grants two seconds worth at once, and then none', async () => {
    const budget = await make(limits);
    expect(await budget.take(20, 'interactive')).toEqual({ granted: 20, waitMs: 0 });
    const { granted, waitMs } = await budget.take(1, 'interactive');
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(100);
  });

  it('grants what is there when more is wanted', async () => {
    const budget = await make(limits);
    await budget.take(15, 'interactive');
    const grant = await budget.take(50, 'interactive');
    expect(grant.granted).toBe(5);
    expect(grant.waitMs).toBeGreaterThan(0);
  });

  it('leaves the last permits to interactive calls', async () => {
    const budget = await make(limits);
    expect((await budget.take(20, 'background')).granted).toBe(15);
    const grant = await budget.take(1, 'background');
    expect(grant.granted).toBe(0);
    expect(grant.waitMs).toBeLessThanOrEqual(100);
    expect((await budget.take(5, 'interactive')).granted).toBe(5);
    // Background calls wait until the reserve is full again, and one more is there.
    const waitMs = (await budget.take(1, 'background')).waitMs;
    expect(waitMs).toBeGreaterThan(500);
    expect(waitMs).toBeLessThanOrEqual(600);
  });

  it('grants as many as the rate allows once the time has come', async () => {
    const budget = await make(limits);
    await budget.take(20, 'interactive');
    const { waitMs } = await budget.take(1, 'interactive');
    await advance(waitMs);
    expect((await budget.take(1, 'interactive')).granted).toBe(1);
    expect((await budget.take(1, 'interactive')).granted).toBe(0);
    await advance(350);
    expect((await budget.take(10, 'interactive')).granted).toBeGreaterThanOrEqual(3);
  });

  it('grants nothing during a pause, and keeps the longer of two', async () => {
    const budget = await make(limits);
    await budget.pause(300);
    await budget.pause(20);
    const { granted, waitMs } = await budget.take(1, 'interactive');
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(200);
    expect(waitMs).toBeLessThanOrEqual(300);
    await advance(waitMs);
    expect((await budget.take(1, 'interactive')).granted).toBe(1);
  });

  it('grants one by one where the rate is the lowest', async () => {
    const budget = await make(budgetLimits(1));
    expect((await budget.take(5, 'background')).granted).toBe(2);
    expect((await budget.take(1, 'background')).waitMs).toBeGreaterThan(900);
  });
}
