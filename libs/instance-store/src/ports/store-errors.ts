import type { InstanceId, NovitaInstanceId } from '../record/identity.js';

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

/** What a write comes to in the rest of a day, beside the other instances of its owner. USD. */
export interface OverDay {
  readonly othersUsd: number;
  readonly wantedUsd: number;
}

/** Thrown by a write under a cap that would pass it; nothing was written. USD per hour. */
export class OverCapError extends Error {
  override readonly name = 'OverCapError';

  constructor(
    /** The other instances of the owner, as far as their prices are known. */
    readonly othersUsdPerHour: number,
    /** Those of them whose price is not. */
    readonly unpriced: number,
    /** This one; null for an unknown price. */
    readonly wantedUsdPerHour: number | null,
    /** Where it is the cap of the day that would be passed, and not that of an hour; null otherwise. */
    readonly day: OverDay | null = null,
  ) {
    super('the instances of the owner would cost more than the cap of the write');
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

/**
 * At most so many instances in one call, because one call is one run of a script, and no run may hold up others for
 * long.
 */
export const MAX_BATCH = 200;

/** @throws RangeError for more than `MAX_BATCH` */
export function refuseLargeBatch(size: number): void {
  if (size > MAX_BATCH) throw new RangeError(`at most ${MAX_BATCH} at a time, not ${size}`);
}
