import type { Timestamp } from '@app/platform';
import type { AttemptResult, DeliveryAttempt } from '../model/delivery.js';
import type { SendResult } from '../model/webhook-sender.port.js';

/** What one request says, as the log keeps it. @param at when it was sent */
export function attemptOf(result: SendResult, at: Timestamp): DeliveryAttempt {
  const { durationMs } = result;
  switch (result.kind) {
    case 'answered': {
      const { status, answer } = result;
      return { at, durationMs, result: resultOf(status, result.retryAfterMs !== null), status, message: null, answer };
    }
    case 'no-answer': {
      const message = `${result.cause}: ${result.message}`;
      return { at, durationMs, result: 'no-answer', status: null, message, answer: null };
    }
    case 'forbidden-address':
      return { at, durationMs, result: 'forbidden-address', status: null, message: result.message, answer: null };
  }
}

/** A redirect is never followed: it could lead anywhere. */
function resultOf(status: number, saysWhen: boolean): AttemptResult {
  if (status >= 200 && status < 300) return 'delivered';
  if (status >= 300 && status < 400) return 'redirected';
  if (status === 410) return 'gone';
  return status === 429 || (status === 503 && saysWhen) ? 'throttled' : 'rejected';
}
