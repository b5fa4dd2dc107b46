/** How long each state lasts, in milliseconds of the sandbox's own clock. */
export interface SandboxTiming {
  readonly toCreateMs: number;
  readonly creatingMs: number;
  readonly pullingMs: number;
  readonly toStartMs: number;
  readonly startingMs: number;
  readonly toStopMs: number;
  readonly stoppingMs: number;
  readonly toRestartMs: number;
  readonly restartingMs: number;
  readonly toRemoveMs: number;
  readonly removingMs: number;
  readonly migratingMs: number;
  readonly toResetMs: number;
  readonly resettingMs: number;
  /** After `running`, until the ports answer. */
  readonly portOpenMs: number;
  /** How long a removed instance is still listed and can be read. */
  readonly removedVisibleMs: number;
  /** Between the notice of a spot reclaim and its start. */
  readonly spotNoticeMs: number;
  readonly spotReclaimingMs: number;
  readonly saveImageMs: number;
  readonly prewarmMs: number;
}

/** Short enough to watch, long enough to show every state: a create lasts about 20 seconds. */
export const REALISTIC: SandboxTiming = {
  toCreateMs: 1_000,
  creatingMs: 3_000,
  pullingMs: 12_000,
  toStartMs: 1_000,
  startingMs: 5_000,
  toStopMs: 1_000,
  stoppingMs: 4_000,
  toRestartMs: 1_000,
  restartingMs: 5_000,
  toRemoveMs: 1_000,
  removingMs: 4_000,
  migratingMs: 20_000,
  toResetMs: 1_000,
  resettingMs: 5_000,
  portOpenMs: 3_000,
  removedVisibleMs: 30_000,
  spotNoticeMs: 30_000,
  spotReclaimingMs: 5_000,
  saveImageMs: 20_000,
  prewarmMs: 30_000,
};

/** For tests: a create lasts about a tenth of a second. */
export const FAST: SandboxTiming = {
  toCreateMs: 20,
  creatingMs: 20,
  pullingMs: 40,
  toStartMs: 20,
  startingMs: 20,
  toStopMs: 20,
  stoppingMs: 20,
  toRestartMs: 20,
  restartingMs: 20,
  toRemoveMs: 20,
  removingMs: 20,
  migratingMs: 60,
  toResetMs: 20,
  resettingMs: 20,
  portOpenMs: 20,
  removedVisibleMs: 200,
  spotNoticeMs: 60,
  spotReclaimingMs: 20,
  saveImageMs: 60,
  prewarmMs: 60,
};
