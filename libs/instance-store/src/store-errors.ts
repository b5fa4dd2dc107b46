import type { InstanceId, NovitaInstanceId } from './instance-id.js';

/** Thrown for a cursor that was not made for this order, or an id that is none of the change feed. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** Thrown by a write that gives a record the marker or the provider's id of another one; nothing was written. */
export class IdentityTakenError extends Error {
  override readonly name = 'IdentityTakenError';

  constructor(
    readonly what: 'marker' | 'novitaInstanceId',
    readonly holder: InstanceId,
  ) {
    super(`this ${what} belongs to ${holder}`);
  }
}

/** Thrown when the store cannot be reached or cannot serve; nothing was written. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/** Thrown when the answer to a write was lost: it may have taken effect. */
export class WriteOutcomeUnknownError extends StoreUnavailableError {
  override readonly name = 'WriteOutcomeUnknownError';

  constructor(
    /** The record that was to be made or changed. */
    readonly id: InstanceId | NovitaInstanceId,
    cause: StoreUnavailableError,
  ) {
    super(`whether ${id} was written is not known: ${cause.message}`, { cause });
  }
}
