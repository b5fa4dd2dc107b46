/** Thrown when one record asked for by name cannot be read. Lists leave such a record out and log it. */
export class CorruptRecordError extends Error {
  override readonly name = 'CorruptRecordError';

  /** @param reason what is wrong with it; holds no value of the record, which may be secret */
  constructor(
    readonly key: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the stored record of ${key} cannot be read: ${reason}`, options);
  }
}
