import { ContendedRecordError, InvalidCursorError, StoreUnavailableError } from '@app/instance-store';
import { QueueUnavailableError } from '@app/jobs';
import { problemOfNovitaError } from '@app/lifecycle';
import { NovitaError } from '@app/novita-client';
import { PLATFORM_PROBLEMS, Problem, redisTrouble } from '@app/platform';
import { SyncStatusUnavailableError } from '@app/sync';
import { IdempotencyUnavailableError } from '../idempotency/idempotency-store.port.js';

/** How long a client waits before it tries again while Redis is away. */
const RETRY_SECONDS = 5;

/** What the errors of the libraries mean to an HTTP client; null for others. */
export function problemOfLibraryError(error: unknown): Problem | null {
  if (error instanceof NovitaError) return problemOfNovitaError(error);
  if (error instanceof InvalidCursorError) {
    return new Problem(PLATFORM_PROBLEMS['validation-failed'], {
      detail: 'The cursor does not belong to this list.',
      errors: [{ pointer: '?cursor', detail: 'is not a nextCursor of this list with this order' }],
      suggestion: 'Begin again without a cursor.',
      cause: error,
    });
  }
  if (
    error instanceof StoreUnavailableError ||
    error instanceof QueueUnavailableError ||
    error instanceof SyncStatusUnavailableError ||
    error instanceof IdempotencyUnavailableError
  ) {
    return new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
      detail: `${unavailability(error)}. If the request was a command, read the instance before you repeat it.`,
      retryAfterSeconds: RETRY_SECONDS,
      cause: error,
    });
  }
  if (error instanceof ContendedRecordError) {
    return new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
      detail: 'The instance changed too often while the request was carried out. Nothing was changed by it.',
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return null;
}

/** The errors of the libraries carry the error of Redis as their cause. */
function unavailability(error: Error): string {
  return `Redis ${redisTrouble(error.cause)?.text ?? 'cannot be reached'}`;
}
