import type { JobHandlers } from './job-handlers.js';

/** Runs jobs in this process. */
export abstract class JobWorkers {
  /** Makes the handlers known before anything can be enqueued; runs nothing. */
  abstract attach(handlers: JobHandlers): void;

  /** Takes jobs from now on. Does not wait for a queue that is away. */
  abstract start(): Promise<void>;

  /**
   * Takes no more jobs, lets the running ones end, aborts those that do not, and gives their jobs back to the queue.
   * @param withinMs when it returns at the latest, whatever still runs
   */
  abstract drain(withinMs: number): Promise<void>;
}

/** How the time for draining is shared out, in ms. */
export interface DrainPlan {
  /** Redis may answer, before it counts as away. */
  readonly answerMs: number;
  /** Running jobs may end by themselves. */
  readonly finishMs: number;
  /** Aborted ones may end and be given back. */
  readonly giveBackMs: number;
  /** Connections may close, at most twice. */
  readonly disconnectMs: number;
}

/** Most runs end within seconds; a longer wait would only bring the process nearer to being killed. */
const LONGEST_FINISH_MS = 5_000;
const LONGEST_ANSWER_MS = 2_000;

/** @param withinMs the whole time there is */
export function drainPlan(withinMs: number): DrainPlan {
  const finishMs = Math.min(LONGEST_FINISH_MS, Math.floor(withinMs / 3));
  const answerMs = Math.min(LONGEST_ANSWER_MS, Math.floor(withinMs / 3));
  const disconnectMs = Math.min(500, Math.floor(withinMs / 20));
  return {
    answerMs,
    finishMs,
    disconnectMs,
    giveBackMs: Math.max(0, withinMs - answerMs - finishMs - 2 * disconnectMs),
  };
}

/** Whether the work ended within the time. It goes on if not; its later failure then is nobody's. */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, ms));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
