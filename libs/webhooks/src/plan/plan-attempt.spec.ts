import { msFromTimestamp, timestampFromMs } from '@app/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPT_RESULTS, type DeliveryAttempt, deliveryIdOf, type WebhookDelivery } from '../model/delivery.js';
import { GLOBAL_ENDPOINT_ID } from '../model/endpoint.js';
import { type EndpointHealth, HEALTHY } from '../model/endpoint-health.js';
import { type AttemptPlan, planAfterMove, planAttempt } from './plan-attempt.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const NOW = Date.UTC(2026, 0, 1);
const SCHEDULE = [0, 5 * SECOND, 30 * SECOND];

const aDelivery = (attempts: readonly DeliveryAttempt[] = []): WebhookDelivery => ({
  id: deliveryIdOf('1-0', GLOBAL_ENDPOINT_ID),
  endpointId: GLOBAL_ENDPOINT_ID,
  eventId: '1-0',
  type: 'instance.ready',
  instanceId: null,
  sequence: null,
  state: 'pending',
  attempts,
  nextAttemptAt: timestampFromMs(NOW),
  createdAt: timestampFromMs(NOW),
  replayOf: null,
});

const anAttempt = (overrides: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
  at: timestampFromMs(NOW),
  durationMs: 1,
  result: 'rejected',
  status: 500,
  message: null,
  answer: '',
  ...overrides,
});
const taken = anAttempt({ result: 'delivered', status: 200 });

function plan(
  attempt: DeliveryAttempt,
  { health = HEALTHY, retryAfterMs = null as number | null, now = NOW, chance = 0.5, made = 0 } = {},
): AttemptPlan {
  const before = aDelivery(Array.from({ length: made }, () => anAttempt()));
  return planAttempt(before, health, { attempt, retryAfterMs }, { scheduleMs: SCHEDULE, now, chance });
}

const waitOf = ({ delivery }: AttemptPlan): number | null =>
  delivery.nextAttemptAt === null ? null : msFromTimestamp(delivery.nextAttemptAt) - NOW;

describe('what follows from an attempt', () => {
  it('ends a delivery that was taken, and leaves a healthy endpoint untouched', () => {
    const { delivery, health, disable } = plan(taken);
    expect(delivery).toMatchObject({ state: 'delivered', nextAttemptAt: null, attempts: [taken] });
    expect([health, disable]).toEqual([HEALTHY, null]);
    expect(health).toBe(HEALTHY);
  });

  it('is another attempt by the schedule, within ten per cent, or none at its end', () => {
    expect([0, 0.5, 1].map((chance) => waitOf(plan(anAttempt(), { chance })))).toEqual([4_500, 5_000, 5_500]);
    expect(waitOf(plan(anAttempt(), { made: 1 }))).toBe(30 * SECOND);
    expect(plan(anAttempt(), { made: 2 }).delivery).toMatchObject({ state: 'exhausted', nextAttemptAt: null });
  });

  it('is the later of the schedule and Retry-After, and a day at most', () => {
    expect(waitOf(plan(anAttempt(), { retryAfterMs: 60 * SECOND }))).toBe(60 * SECOND);
    expect(waitOf(plan(anAttempt(), { retryAfterMs: 1 }))).toBe(5 * SECOND);
    expect(waitOf(plan(anAttempt(), { retryAfterMs: 9 * DAY }))).toBe(DAY);
    expect(plan(anAttempt(), { retryAfterMs: DAY, made: 2 }).delivery.state).toBe('exhausted');
  });

  it('opens the breaker after five attempts without an answer or of 500, for twice as long each time', () => {
    let health: EndpointHealth = HEALTHY;
    let now = NOW;
    const waits: (number | null)[] = [];
    for (let i = 0; i < 12; i++) {
      now = Math.max(now + 1, health.until === null ? 0 : msFromTimestamp(health.until));
      health = plan(anAttempt({ at: timestampFromMs(now) }), { health, now }).health;
      waits.push(health.until === null ? null : msFromTimestamp(health.until) - now);
    }
    const half = 30 * SECOND;
    expect(waits.slice(0, 9)).toEqual([null, null, null, null, half, 2 * half, 4 * half, 8 * half, 16 * half]);
    expect(waits.slice(9)).toEqual([10 * MINUTE, 10 * MINUTE, 10 * MINUTE]);
    expect(plan(taken, { health, now }).health).toEqual(HEALTHY);
  });

  it('counts nothing that was sent before the breaker opened', () => {
    const health = { ...HEALTHY, failingSince: timestampFromMs(NOW), streak: 5, opens: 1 };
    const open = { ...health, openedAt: timestampFromMs(NOW + 10), until: timestampFromMs(NOW + 30_010) };
    expect(plan(anAttempt(), { health: open, now: NOW + 500 }).health).toEqual(open);
  });

  it('takes an endpoint that answers for one that is up, and gives it the pause that it asks for', () => {
    const health = { ...HEALTHY, failingSince: timestampFromMs(NOW - DAY), streak: 4 };
    for (const attempt of [anAttempt({ status: 404 }), anAttempt({ result: 'redirected', status: 302 })]) {
      expect(plan(attempt, { health }).health).toEqual({ ...HEALTHY, failingSince: health.failingSince });
    }
    const throttled = plan(anAttempt({ result: 'throttled', status: 429 }), { health, retryAfterMs: MINUTE });
    expect(throttled.health).toMatchObject({ streak: 0, until: timestampFromMs(NOW + MINUTE) });
    const long = plan(anAttempt({ result: 'throttled', status: 429 }), { retryAfterMs: DAY });
    expect(long.health.until).toBe(timestampFromMs(NOW + 10 * MINUTE));
    expect(waitOf(long)).toBe(DAY);
  });

  it('disables an endpoint that is gone, and one that has failed for five days', () => {
    expect(plan(anAttempt({ result: 'gone', status: 410 }))).toMatchObject({
      disable: 'gone-410',
      delivery: { state: 'exhausted' },
    });
    const since = (ms: number) => ({ ...HEALTHY, failingSince: timestampFromMs(NOW - ms) });
    expect(plan(anAttempt(), { health: since(5 * DAY - 1) }).disable).toBeNull();
    expect(plan(anAttempt(), { health: since(5 * DAY) }).disable).toBe('failed-5-days');
    expect(plan(taken, { health: since(5 * DAY) }).disable).toBeNull();
  });

  it('is, where the endpoint has another address by now, an attempt there by the schedule, and nothing held against it', () => {
    const health = { ...HEALTHY, failingSince: timestampFromMs(NOW - 5 * DAY), streak: 4 };
    const rules = { scheduleMs: SCHEDULE, now: NOW, chance: 0.5 };
    for (const result of ['gone', 'rejected', 'throttled', 'no-answer'] as const) {
      const outcome = { attempt: anAttempt({ result }), retryAfterMs: DAY };
      const moved = planAfterMove(aDelivery(), health, outcome, rules);
      expect([moved.disable, moved.delivery.state, waitOf(moved)]).toEqual([null, 'pending', 5 * SECOND]);
      expect(moved.health).toBe(health);
      const last = planAfterMove(aDelivery([anAttempt(), anAttempt()]), health, outcome, rules);
      expect(last.delivery).toMatchObject({ state: 'exhausted', nextAttemptAt: null });
    }
  });

  it('is always an end or a time to come, never before now, and never more attempts than the schedule has', () => {
    const outcome = fc.record({
      result: fc.constantFrom(...ATTEMPT_RESULTS),
      status: fc.constantFrom(null, 200, 302, 404, 410, 429, 500, 503),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 3 * DAY })),
      stepMs: fc.integer({ min: 0, max: DAY }),
      chance: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 20 }), (outcomes) => {
        let delivery = aDelivery();
        let health: EndpointHealth = HEALTHY;
        let now = NOW;
        for (const { result, status, retryAfterMs, stepMs, chance } of outcomes) {
          if (delivery.state !== 'pending') break;
          now += stepMs;
          const attempt = anAttempt({ at: timestampFromMs(now), result, status });
          const next = planAttempt(delivery, health, { attempt, retryAfterMs }, { scheduleMs: SCHEDULE, now, chance });
          ({ delivery, health } = next);
          expect(delivery.attempts.length).toBeLessThanOrEqual(SCHEDULE.length);
          expect(delivery.nextAttemptAt === null).toBe(delivery.state !== 'pending');
          if (delivery.nextAttemptAt !== null) {
            const waitMs = msFromTimestamp(delivery.nextAttemptAt) - now;
            expect(waitMs).toBeGreaterThanOrEqual(0);
            expect(waitMs).toBeLessThanOrEqual(DAY);
          }
          // What is deferred is so for ten minutes at most.
          if (health.until !== null) expect(msFromTimestamp(health.until) - now).toBeLessThanOrEqual(10 * MINUTE);
          if (result === 'delivered') expect(health).toEqual(HEALTHY);
          else expect(health.failingSince).not.toBeNull();
        }
      }),
    );
  });
});
