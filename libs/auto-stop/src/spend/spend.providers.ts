import { Settings } from '@app/platform';
import type { Provider } from '@nestjs/common';
import { SpendAccrual } from './spend-accrual.processor.js';
import { SpendGauges } from './spend-gauges.js';
import { SpendLimitWatch } from './spend-limit-watch.js';
import { SpendOptions, spendOptionsOf } from './spend-options.js';
import { SpendReadings } from './spend-readings.js';
import { SpendReports } from './spend-report.port.js';
import { SpendSchedule } from './spend-schedule.js';
import { StoredSpendReports } from './stored-spend-reports.js';

/** Reports, the limit and metrics: in every process. */
export const SPEND_PROVIDERS: Provider[] = [
  { provide: SpendOptions, useFactory: spendOptionsOf, inject: [Settings] },
  { provide: SpendReports, useClass: StoredSpendReports },
  SpendGauges,
  SpendReadings,
];

/** Booking and watching the limit: in workers. */
export const SPEND_WORKER_PROVIDERS: Provider[] = [SpendAccrual, SpendLimitWatch, SpendSchedule];
