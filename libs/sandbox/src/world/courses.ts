import type { SandboxTiming } from '../timing.js';
import type { SandboxStatus } from './status.js';

/** Why an instance failed, as the provider's `statusError` says. */
export interface StatusError {
  readonly state: string;
  readonly message: string;
}

export interface Step {
  readonly status: SandboxStatus;
  /** How long it lasts; the last step of a course lasts until a command. */
  readonly ms: number;
  /** Shown as `statusError` from this step on. */
  readonly error?: StatusError;
}

/** The way of an instance through its states after a command. */
export interface Course {
  readonly steps: readonly Step[];
  /** The step that it is in; -1 before the first. */
  position: number;
  /** The job that ends with this course. */
  readonly jobId: string | null;
}

/** @param failure when given, the image cannot be run and the instance ends in `exited` with this message */
export function createSteps(timing: SandboxTiming, failure: string | null): readonly Step[] {
  return [
    { status: 'toCreate', ms: timing.toCreateMs },
    { status: 'creating', ms: timing.creatingMs },
    { status: 'pulling', ms: timing.pullingMs },
    arrival('running', failure),
  ];
}

export function startSteps(timing: SandboxTiming, failure: string | null): readonly Step[] {
  return [
    { status: 'toStart', ms: timing.toStartMs },
    { status: 'starting', ms: timing.startingMs },
    arrival('running', failure),
  ];
}

export function stopSteps(timing: SandboxTiming): readonly Step[] {
  return [
    { status: 'toStop', ms: timing.toStopMs },
    { status: 'stopping', ms: timing.stoppingMs },
    { status: 'exited', ms: 0 },
  ];
}

export function restartSteps(timing: SandboxTiming): readonly Step[] {
  return [
    { status: 'toRestart', ms: timing.toRestartMs },
    { status: 'restarting', ms: timing.restartingMs },
    { status: 'running', ms: 0 },
  ];
}

/** @param from an exited instance is reset without being started */
export function upgradeSteps(timing: SandboxTiming, from: 'running' | 'exited'): readonly Step[] {
  const reset: readonly Step[] = [
    { status: 'toReset', ms: timing.toResetMs },
    { status: 'resetting', ms: timing.resettingMs },
  ];
  return from === 'exited'
    ? [...reset, { status: 'exited', ms: 0 }]
    : [...reset, { status: 'pulling', ms: timing.pullingMs }, { status: 'running', ms: 0 }];
}

export function migrateSteps(
  timing: SandboxTiming,
  endsIn: 'running' | 'exited',
  failure: string | null,
): readonly Step[] {
  return [{ status: 'migrating', ms: timing.migratingMs }, arrival(endsIn, failure)];
}

export function removeSteps(timing: SandboxTiming): readonly Step[] {
  return [
    { status: 'toRemove', ms: timing.toRemoveMs },
    { status: 'removing', ms: timing.removingMs },
    { status: 'removed', ms: 0 },
  ];
}

function arrival(status: SandboxStatus, failure: string | null): Step {
  return failure === null
    ? { status, ms: 0 }
    : { status: 'exited', ms: 0, error: { state: 'failed', message: failure } };
}
