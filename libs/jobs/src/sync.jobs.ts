import { IsBoolean, IsIn, IsInt, IsString, Matches, Min } from 'class-validator';
import type { JobDeclaration } from './job-declaration.js';

/** Why a sync runs. */
export const SYNC_TRIGGERS = ['startup', 'schedule', 'manual', 'retry'] as const;
export type SyncTrigger = (typeof SYNC_TRIGGERS)[number];

export class SyncPayload {
  [key: string]: string | number | boolean;

  /** Names a run that somebody waits for; empty when the run makes its own name. */
  @IsString()
  @Matches(/^([0-9A-HJKMNP-TV-Z]{26})?$/)
  runId!: string;

  @IsIn(SYNC_TRIGGERS)
  trigger!: SyncTrigger;

  /** `user:<key name>` or `sync`. */
  @IsString()
  @Matches(/^(sync|user:.{1,200})$/)
  requestedBy!: string;

  @IsBoolean()
  forceSync!: boolean;

  @IsBoolean()
  handleObsoleteInstances!: boolean;

  @IsBoolean()
  dryRun!: boolean;

  /** Kinds of resources, separated by commas; empty for all. */
  @IsString()
  @Matches(/^[a-z,-]{0,200}$/)
  resources!: string;

  /** Nothing is to be done when a run that began at or after this time has ended well; epoch ms, 0 for none. */
  @IsInt()
  @Min(0)
  unlessRunSince!: number;

  /** How many runs in a row had failed before this one. */
  @IsInt()
  @Min(0)
  retry!: number;
}

/** Makes the records and the catalogue equal to what Novita says. */
export const SYNC_FLEET: JobDeclaration<'SYNC_FLEET', SyncPayload> = {
  name: 'SYNC_FLEET',
  queue: 'sync',
  payload: SyncPayload,
  // A run that fails asks for its own retry, which its status shows; what throws here is a fault of the process.
  attempts: 3,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 30_000 },
  // At the default ten requests a second, a hundred thousand instances take two minutes to list, and confirming the
  // absence of some thousands takes several more.
  timeoutMs: 3_600_000,
  coalescingKey: ({ runId, trigger }) => (runId === '' ? `sync-${trigger}` : `sync-run-${runId}`),
};
