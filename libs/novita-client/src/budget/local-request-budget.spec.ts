import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { requestBudgetConformance } from '../../test/request-budget.conformance.js';
import { LocalRequestBudget } from './local-request-budget.js';
import { budgetLimits } from './request-budget.port.js';

describe('LocalRequestBudget', () => {
  const clock = new FakeClock();
  requestBudgetConformance({
    make: async (limits) => new LocalRequestBudget(limits, clock),
    advance: async (ms) => clock.advance(ms),
  });

  it('never gathers more than its burst, and earns nothing from a clock that is set back', async () => {
    const clock = new FakeClock();
    const budget = new LocalRequestBudget(budgetLimits(10), clock);
    clock.advance(3_600_000);
    expect((await budget.take(100, 'urgent')).granted).toBe(20);
    clock.advance(-60_000);
    expect((await budget.take(1, 'urgent')).granted).toBe(0);
    clock.advance(100);
    expect((await budget.take(1, 'urgent')).granted).toBe(1);
  });
});
