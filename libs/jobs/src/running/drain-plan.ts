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
