/** The promises that are checked. */
type PromiseName =
  | 'nothing claimed that Novita did not say'
  | 'no second purchase for one wish'
  | 'no stop of what was in use'
  | 'every bill has a record'
  | 'every wish is met or says why'
  | 'no deadline overdue'
  | 'nothing outlives its lifetime'
  | 'every event once'
  | 'meters equal the bill';

/** Thrown in the moment in which a promise is broken. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly promise: PromiseName,
    readonly detail: string,
  ) {
    super(`${promise}: ${detail}`);
  }
}
