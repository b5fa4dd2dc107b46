import { IsIn, IsString, Matches } from 'class-validator';
import type { JobDeclaration } from './job-declaration.js';

export class AutoStopCheckPayload {
  [key: string]: string;

  @IsIn(['schedule', 'manual'])
  trigger!: 'schedule' | 'manual';

  /** Names a check that somebody asked for; empty for a scheduled one. */
  @IsString()
  @Matches(/^([0-9A-HJKMNP-TV-Z]{26})?$/)
  checkId!: string;
}

/** Looks at the instances whose idle time is up, warns about them or has them stopped. */
export const AUTO_STOP_CHECK: JobDeclaration<'AUTO_STOP_CHECK', AutoStopCheckPayload> = {
  name: 'AUTO_STOP_CHECK',
  queue: 'auto-stop',
  payload: AutoStopCheckPayload,
  // The next period begins anew from what is stored.
  attempts: 2,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 10_000 },
  timeoutMs: 300_000,
  coalescingKey: ({ checkId }) => (checkId === '' ? 'auto-stop-check' : `auto-stop-check-${checkId}`),
};

export class SpendAccrualPayload {
  [key: string]: string;
}

/** Books what running instances have cost, and stopped ones have saved, since the last time. */
export const SPEND_ACCRUAL: JobDeclaration<'SPEND_ACCRUAL', SpendAccrualPayload> = {
  name: 'SPEND_ACCRUAL',
  queue: 'auto-stop',
  payload: SpendAccrualPayload,
  attempts: 2,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 10_000 },
  timeoutMs: 300_000,
  coalescingKey: () => 'spend-accrual',
};
