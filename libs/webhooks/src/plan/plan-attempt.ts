import { DAY_MS, MINUTE_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { AttemptResult, DeliveryAttempt, WebhookDelivery } from '../model/delivery.js';
import type { DisabledReason } from '../model/endpoint.js';
import { type EndpointHealth, HEALTHY, isHealthy } from '../model/endpoint-health.js';
import type { SendResult } from '../model/webhook-sender.port.js';

/** A receiver may postpone the next attempt by so much; research of other senders: clamped to 24 h. */
const LONGEST_RETRY_AFTER_MS = DAY_MS;
/** After so many attempts in a row without an answer, the breaker opens. */
const BREAKER_STREAK = 5;
const FIRST_OPEN_MS = 30_000;
const LONGEST_OPEN_MS = 10 * MINUTE_MS;
/** An endpoint that has taken nothing for so long is disabled. */
const DISABLED_AFTER_MS = 5 * DAY_MS;
/** Of each wait of the schedule, up or down, so that retries of many deliveries spread. */
const JITTER = 0.1;

/** The result of one request, as the log keeps it. @param at when it was sent */
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

export interface AttemptOutcome {
  readonly attempt: DeliveryAttempt;
  /** From the answer's `Retry-After`; null where there is none. */
  readonly retryAfterMs: number | null;
}

export interface AttemptRules {
  /** Before each attempt; see `WebhookOptions`. */
  readonly scheduleMs: readonly number[];
  /** Epoch milliseconds: when the attempt ended. */
  readonly now: number;
  /** 0 to 1, drawn at random. */
  readonly chance: number;
}

export interface AttemptPlan {
  readonly delivery: WebhookDelivery;
  /** The same object when nothing has changed. */
  readonly health: EndpointHealth;
  /** Why the endpoint is to get nothing any more; null when it is to go on. */
  readonly disable: DisabledReason | null;
}

/** The next state of a delivery and its endpoint after an attempt. Pure. */
export function planAttempt(
  delivery: WebhookDelivery,
  health: EndpointHealth,
  outcome: AttemptOutcome,
  rules: AttemptRules,
): AttemptPlan {
  const { attempt } = outcome;
  const attempts = [...delivery.attempts, attempt];
  if (attempt.result === 'delivered') {
    const settled: WebhookDelivery = { ...delivery, attempts, state: 'delivered', nextAttemptAt: null };
    return { delivery: settled, health: isHealthy(health) ? health : HEALTHY, disable: null };
  }
  const after = healthAfterFailure(health, outcome, rules.now);
  const disable = disabledBy(attempt.result, after, rules.now);
  const nextAttemptAt = attempt.result === 'gone' ? null : nextAttempt(attempts.length, outcome.retryAfterMs, rules);
  const state = nextAttemptAt === null ? 'exhausted' : 'pending';
  return { delivery: { ...delivery, attempts, state, nextAttemptAt }, health: after, disable };
}

/**
 * The same when the endpoint has had another address since the attempt was sent: a refusal by the one before says nothing
 * about it, so what waits goes there by the schedule.
 */
export function planAfterMove(
  delivery: WebhookDelivery,
  health: EndpointHealth,
  { attempt }: AttemptOutcome,
  rules: AttemptRules,
): AttemptPlan {
  const attempts = [...delivery.attempts, attempt];
  const nextAttemptAt = nextAttempt(attempts.length, null, rules);
  const state = nextAttemptAt === null ? 'exhausted' : 'pending';
  return { delivery: { ...delivery, attempts, state, nextAttemptAt }, health, disable: null };
}

/** @param made attempts so far. @returns null when none is left */
function nextAttempt(
  made: number,
  retryAfterMs: number | null,
  { scheduleMs, now, chance }: AttemptRules,
): Timestamp | null {
  const waitMs = scheduleMs[made];
  if (waitMs === undefined) return null;
  const jitteredMs = Math.round(waitMs * (1 - JITTER + 2 * JITTER * chance));
  const askedMs = Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return timestampFromMs(now + Math.max(jitteredMs, askedMs));
}

function healthAfterFailure(
  health: EndpointHealth,
  { attempt, retryAfterMs }: AttemptOutcome,
  now: number,
): EndpointHealth {
  const failing = { ...health, failingSince: health.failingSince ?? attempt.at };
  // It was sent before the breaker opened, and says no more than that.
  if (health.openedAt !== null && attempt.at <= health.openedAt) return failing;
  if (attempt.result === 'forbidden-address') return failing;
  if (!isDown(attempt)) {
    // It answers, so it is not down. One that asks for a pause gets it, in all its deliveries, up to the breaker's longest.
    const pauseMs = attempt.result === 'throttled' ? Math.min(retryAfterMs ?? 0, LONGEST_OPEN_MS) : 0;
    const until = pauseMs === 0 ? null : timestampFromMs(now + pauseMs);
    return { ...failing, streak: 0, opens: 0, openedAt: null, until };
  }
  const streak = health.streak + 1;
  // The probe of a breaker that has opened before decides by itself.
  if (streak < BREAKER_STREAK && health.opens === 0) return { ...failing, streak };
  const openMs = Math.min(FIRST_OPEN_MS * 2 ** health.opens, LONGEST_OPEN_MS);
  return {
    ...failing,
    streak,
    opens: health.opens + 1,
    openedAt: timestampFromMs(now),
    until: timestampFromMs(now + openMs),
  };
}

function isDown({ result, status }: DeliveryAttempt): boolean {
  return result === 'no-answer' || (result === 'rejected' && status !== null && status >= 500);
}

function disabledBy(result: AttemptResult, { failingSince }: EndpointHealth, now: number): DisabledReason | null {
  if (result === 'gone') return 'gone-410';
  const isOver = failingSince !== null && now - msFromTimestamp(failingSince) >= DISABLED_AFTER_MS;
  return isOver ? 'failed-5-days' : null;
}
