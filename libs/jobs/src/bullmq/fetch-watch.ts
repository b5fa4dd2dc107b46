/** The remedies for a worker that takes no jobs, in turn: the next one when the one before did not help. */
export const RECOVERY_STEPS = ['wake', 'rebuild', 'end'] as const;
export type RecoveryStep = (typeof RECOVERY_STEPS)[number];

/** Observations of the fetch loop of one queue in one worker process. Times in ms of a clock that is never set. */
export interface FetchWatch {
  readonly watchedAtMs: number;
  /** For how long the loop has not come back although it could. */
  readonly silentMs: number;
  /** The last step that was taken, until the loop has proved that it works again. */
  readonly last: { readonly step: RecoveryStep; readonly atMs: number; readonly silentMs: number } | null;
}

/** The state of the loop at a moment at which Redis has just proved that it works. */
export interface FetchObservation {
  readonly nowMs: number;
  /** When the loop last came back from Redis, with a job or without one. */
  readonly returnedAtMs: number;
  /** Whether as many jobs run as may: the loop asks for none then. */
  readonly isFull: boolean;
}

export interface FetchPace {
  /** The longest time for which the loop waits at Redis for a job. */
  readonly drainDelayMs: number;
  /** The usual time from one observation to the next. */
  readonly observedEveryMs: number;
}

/** Waits of a drain delay each: so many without a return are no accident, */
const WAITS = 3;
/** and one is time enough for a loop that was woken. */
const WAITS_AFTER_WAKE = 1;
/**
 * A step has helped when the loop still comes back after so many. Not at its first return: a new worker asks for a job before
 * it waits for one, and may get stuck in the waiting as the one before.
 */
const WAITS_TO_PROVE = 6;

export const beginWatch = (nowMs: number): FetchWatch => ({ watchedAtMs: nowMs, silentMs: 0, last: null });

/**
 * Adds an observation. Observations are made only while Redis answers, so one that comes late means that Redis was away or
 * that this process was stopped or busy. That time says nothing of the loop, which also needs some afterwards to connect: the
 * silence begins anew.
 */
export function observeFetch(watch: FetchWatch, observation: FetchObservation, pace: FetchPace): FetchWatch {
  const { nowMs, returnedAtMs, isFull } = observation;
  const returned = returnedAtMs > watch.watchedAtMs;
  const passedMs = nowMs - watch.watchedAtMs;
  const isLate = passedMs > 1.5 * pace.observedEveryMs;
  const { last } = watch;
  const isProved = returned && last !== null && nowMs - last.atMs >= WAITS_TO_PROVE * pace.drainDelayMs;
  if (returned || isFull || isLate) {
    return { watchedAtMs: nowMs, silentMs: 0, last: last === null || isProved ? null : { ...last, silentMs: 0 } };
  }
  return { watchedAtMs: nowMs, silentMs: watch.silentMs + passedMs, last };
}

/** The step that is to be taken if there is a job that is due; null while there is no reason for any, or none is left. */
export function stepFor({ silentMs, last }: FetchWatch, { drainDelayMs }: FetchPace): RecoveryStep | null {
  if (last === null) return silentMs >= WAITS * drainDelayMs ? RECOVERY_STEPS[0] : null;
  const waits = last.step === 'wake' && last.silentMs > 0 ? WAITS_AFTER_WAKE : WAITS;
  if (silentMs - last.silentMs < waits * drainDelayMs) return null;
  return RECOVERY_STEPS[RECOVERY_STEPS.indexOf(last.step) + 1] ?? null;
}

export const afterStep = (watch: FetchWatch, step: RecoveryStep): FetchWatch => ({
  ...watch,
  last: { step, atMs: watch.watchedAtMs, silentMs: watch.silentMs },
});

/** Whether the loop comes back as it should, as far as is known. */
export const isConsuming = ({ silentMs }: FetchWatch, { drainDelayMs }: FetchPace): boolean =>
  silentMs < WAITS * drainDelayMs;
