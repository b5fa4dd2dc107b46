import {
  ContendedRecordError,
  CorruptRecordError,
  FleetNotLoadedError,
  InvalidCursorError,
  JournalUnavailableError,
  StoreUnavailableError,
  WriteOutcomeUnknownError,
} from '@app/instance-store';
import { QueueUnavailableError } from '@app/jobs';
import { problemOfNovitaError } from '@app/lifecycle';
import { NovitaError } from '@app/novita-client';
import { PLATFORM_PROBLEMS, Problem, type RequestEffect } from '@app/platform';
import { FleetIdUnknownError, QuarantineUnavailableError, redisTrouble } from '@app/redis';
import { SyncStatusUnavailableError } from '@app/sync-status';
import { API_PROBLEMS } from './api.problems.js';

/** How long a client waits before it tries again while Redis is away. */
const RETRY_SECONDS = 5;

/** The problem that an error of a library is to an HTTP client; null for others. */
export function problemOfLibraryError(error: unknown, effect: RequestEffect): Problem | null {
  if (error instanceof NovitaError) return problemOfNovitaError(error);
  if (error instanceof InvalidCursorError) {
    return new Problem(PLATFORM_PROBLEMS['validation-failed'], {
      detail: 'The cursor does not belong to this list.',
      errors: [{ pointer: '?cursor', detail: 'is not a nextCursor of this list with this order' }],
      suggestion: 'Begin again without a cursor.',
      cause: error,
    });
  }
  if (isOutcomeUnknown(error, effect)) return outcomeUnknown(error, effect);
  if (
    error instanceof StoreUnavailableError ||
    error instanceof QueueUnavailableError ||
    error instanceof SyncStatusUnavailableError ||
    error instanceof QuarantineUnavailableError ||
    error instanceof FleetIdUnknownError
  ) {
    return redisUnavailable(error);
  }
  if (error instanceof JournalUnavailableError) {
    return new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
      detail: `Redis is away, and what is asked for cannot be kept until it is back: ${error.message}. It was not carried out.`,
      suggestion: 'Make room in the DATA_DIR of the API, or stop the instance at Novita; then try again.',
      retryAfterSeconds: RETRY_SECONDS,
      cause: error,
    });
  }
  if (error instanceof FleetNotLoadedError) {
    return new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
      detail: 'The instances are still being read into this process. Single ones can be read by their ids already.',
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  if (error instanceof CorruptRecordError) {
    return new Problem(API_PROBLEMS['record-unreadable'], {
      detail: `The record of ${error.key} cannot be read: ${error.reason}.`,
      extensions: { instanceId: error.key },
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

/** @param error whose cause says what is wrong with Redis */
export function redisUnavailable(error: Error): Problem {
  return new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
    detail: `Redis ${redisTrouble(error.cause)?.text ?? 'cannot be reached'}. The request was not carried out.`,
    retryAfterSeconds: RETRY_SECONDS,
    cause: error,
  });
}

/** The queue and the sync status cannot distinguish a lost answer from a command that was never sent; an error of Redis is a rejection. */
function isOutcomeUnknown(error: unknown, { isRead }: RequestEffect): error is Error {
  if (error instanceof WriteOutcomeUnknownError) return true;
  if (isRead) return false;
  if (!(error instanceof QueueUnavailableError || error instanceof SyncStatusUnavailableError)) return false;
  return (redisTrouble(error.cause)?.kind ?? 'away') === 'away';
}

function outcomeUnknown(error: Error, { isRepeatable }: RequestEffect): Problem {
  const id = error instanceof WriteOutcomeUnknownError ? error.id : null;
  const where = id === null ? 'what it was to change' : `GET /api/v1/instances/${id}`;
  return new Problem(PLATFORM_PROBLEMS['outcome-unknown'], {
    detail: 'The command was sent to Redis and no answer came back: it may have taken effect.',
    suggestion: isRepeatable
      ? `Send the request again after the time in Retry-After, or read ${where}: doing it twice is the same as doing it once.`
      : `Read ${where} once Redis answers again, before you send the request again.`,
    retryable: isRepeatable,
    ...(isRepeatable ? { retryAfterSeconds: RETRY_SECONDS } : {}),
    ...(id === null ? {} : { extensions: { instanceId: id } }),
    cause: error,
  });
}
