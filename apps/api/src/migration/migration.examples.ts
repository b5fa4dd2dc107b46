import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
import type {
  MigrationCheckView,
  MigrationStatusAnswer,
  MigrationTriggerBegunAnswer,
  MigrationTriggerReportAnswer,
  RetryAnswer,
} from './migration.dto.js';

const { id: ID, name: NAME } = INSTANCE_EXAMPLE;
const CHECK_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';

const CHECK = {
  checkId: CHECK_ID,
  trigger: 'schedule',
  dryRun: false,
  startTime: '2026-03-01T10:00:00.000Z',
  endTime: '2026-03-01T10:00:01.204Z',
  checked: 1,
  eligible: 1,
  handedOver: 1,
} satisfies MigrationCheckView;

export const MIGRATION_STATUS_EXAMPLE: MigrationStatusAnswer = {
  success: true,
  message: 'Migration is on; 1 is under way',
  data: {
    enabled: true,
    intervalMinutes: 15,
    fallback: 'same-product',
    timeoutMinutes: 30,
    inFlight: 1,
    lastRun: CHECK,
    nextRun: '2026-03-01T10:15:00.000Z',
    checked: 7,
    eligible: 5,
    handedOver: 5,
  },
};

export const MIGRATION_DRY_RUN_EXAMPLE: MigrationTriggerReportAnswer = {
  success: true,
  message: 'Dry run: 1 of 1 reclaimed instances would be migrated',
  data: {
    ...CHECK,
    trigger: 'manual',
    dryRun: true,
    handedOver: 0,
    verdicts: [
      {
        instanceId: ID,
        name: NAME,
        verdict: 'migrate',
        reason: 'Novita has reclaimed it at 2026-03-01T09:58:00.000Z',
        outcome: 'nothing-done',
        ifOutOfStock: {
          wouldBuy: true,
          productName: 'RTX 4090 24GB',
          productId: '4090.16c62g.us',
          region: 'US-CA-06',
          pricePerHour: 0.21,
          agreedPricePerHour: 0.18,
        },
      },
    ],
  },
};

export const MIGRATION_BEGUN_EXAMPLE: MigrationTriggerBegunAnswer = {
  success: true,
  message: 'The check is begun; GET /api/v1/instances/migration/scheduler/status shows what came of it',
  data: { checkId: CHECK_ID, dryRun: false },
};

export const RETRY_EXAMPLE: RetryAnswer = {
  success: true,
  message: '1 of 1 failed migrations is tried again',
  data: {
    dryRun: false,
    checked: 1,
    retried: 1,
    more: false,
    instances: [{ instanceId: ID, name: NAME, action: 'retried', reason: 'its next attempt is brought forward' }],
  },
};
