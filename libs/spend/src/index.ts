export { SpendAccrual } from './accrual/spend-accrual.processor.js';
export { FleetHistory, type FleetSample, HISTORY_MS } from './history/fleet-history.js';
export type { IdleCost } from './idle/idle-cost.js';
export { SpendSettings } from './reports/spend.settings.js';
export { MOST_DAYS, type SpendDay, SpendDays } from './reports/spend-days.js';
export {
  type SpendOfInstance,
  type SpendReport,
  SpendReports,
  type SpendSummary,
  spendProblems,
} from './reports/spend-reports.js';
export { SpendModule, SpendWorkerModule } from './spend.module.js';
