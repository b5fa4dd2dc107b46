/** Instances in one run of a script, so that no run holds up other callers for long. */
export const MAX_BATCH = 200;

/** @throws RangeError for more than `MAX_BATCH` */
export function refuseLargeBatch(size: number): void {
  if (size > MAX_BATCH) throw new RangeError(`at most ${MAX_BATCH} at a time, not ${size}`);
}
