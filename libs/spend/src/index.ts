export { SpendAccrual } from './accrual/spend-accrual.processor.js';
export { BillCheckProcessor } from './bill/bill-check.processor.js';
export {
  BILL_UNKNOWN,
  type BillDay,
  type BilledInstance,
  type BillUnknown,
  dateOfDay,
  differenceRatio,
  differs,
} from './bill/bill-day.js';
export { BillTrigger } from './bill/bill-reports.js';
export { BILL_DAYS_KEPT, type BillState, BillStore, MemoryBillStore } from './bill/bill-store.js';
export { MOST_STOPS, type PlannedStop, SpendStopPlan, type SpendStops } from './enforce/spend-stop-plan.js';
export { FleetHistory, type FleetSample, HISTORY_MS } from './history/fleet-history.js';
export type { IdleCost } from './idle/idle-cost.js';
export { type KeyBudget, keyBudget, type OwnerSpend } from './limits/key-budget.js';
export { SpendSettings } from './limits/spend.settings.js';
export { type ReachedLimit, SPEND_SKIPS, type SpendSkip } from './limits/spend-limits.js';
export { SpendOptions, spendOptionsOf } from './limits/spend-options.js';
export { MOST_DAYS, type SpendDay, SpendDays } from './reports/spend-days.js';
export {
  type OwnerLimit,
  type Purchase,
  type SpendLimit,
  type SpendOfInstance,
  type SpendReport,
  SpendReports,
  type SpendSummary,
  spendProblems,
} from './reports/spend-reports.js';
export { SpentToday } from './reports/spent-today.js';
export { SpendModule, SpendWorkerModule } from './spend.module.js';
