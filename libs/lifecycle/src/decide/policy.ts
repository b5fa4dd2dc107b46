/** The times by which the life cycle goes. All in milliseconds. */
export interface LifecyclePolicy {
  /** Between two looks at an instance that is on its way. */
  readonly pollIntervalMs: number;
  /** How long a run may take from the provider's acceptance until it is ready. */
  readonly startupTimeoutMs: number;
  /** How long after a create of unknown outcome a look counts; until then the provider may not show what it made. */
  readonly createRetryGraceMs: number;
  /** Between repetitions of a command that was refused, and after faults. Doubles from the first to the last. */
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
  /** Between looks at an instance that is as wished; null: never, somebody else looks. */
  readonly settledRefreshMs: number | null;
  /** How long the record of a terminated instance is kept. */
  readonly tombstoneMs: number;
  /** A change at the provider this much later than our last command was not caused by it. */
  readonly foreignChangeAgeMs: number;
}

/** Between two rounds of probes; sooner than a poll, because the instance is already paid for and nearly there. */
export function probeIntervalMs(policy: LifecyclePolicy): number {
  return Math.min(policy.pollIntervalMs, 10_000);
}

/** The first look after a command of ours. */
export function firstLookMs(policy: LifecyclePolicy): number {
  return Math.min(policy.pollIntervalMs, policy.backOff.firstMs);
}

/**
 * How long a create may be under way, from the intent on. It ends well before the grace does, so that a process that
 * was paused between writing the intent and sending the call cannot send it after another one has looked.
 */
export function createWindowMs(policy: LifecyclePolicy): { readonly sendWithin: number; readonly endWithin: number } {
  return { sendWithin: policy.createRetryGraceMs * 0.25, endWithin: policy.createRetryGraceMs * 0.75 };
}

/** @param count repetitions so far, from 1 */
export function backOffMs(policy: LifecyclePolicy, count: number): number {
  const { firstMs, maxMs } = policy.backOff;
  return Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(count - 1, 0), 30));
}
