import { IsString, Matches } from 'class-validator';
import type { JobDeclaration } from './job-declaration.js';

export class ReconcilePayload {
  [key: string]: string;

  @IsString()
  @Matches(/^ins_[0-9A-HJKMNP-TV-Z]{26}$/)
  instanceId!: string;
}

const coalescingKey = (payload: ReconcilePayload): string => `reconcile-${payload.instanceId}`;

/** Brings one instance a step nearer to what is wished. */
export const RECONCILE_INSTANCE: JobDeclaration<'RECONCILE_INSTANCE', ReconcilePayload> = {
  name: 'RECONCILE_INSTANCE',
  queue: 'lifecycle',
  payload: ReconcilePayload,
  attempts: 5,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 30_000 },
  ranked: true,
  timeoutMs: 120_000,
  coalescingKey,
};

/** The polling step of a start-up: the same reconcile, under the name by which operators look for it. */
export const STARTUP_MONITOR: JobDeclaration<'STARTUP_MONITOR', ReconcilePayload> = {
  ...RECONCILE_INSTANCE,
  name: 'STARTUP_MONITOR',
};
