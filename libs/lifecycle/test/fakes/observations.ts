import type { NovitaInstance, NovitaInstanceId } from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { aNovitaInstance, anInstance, type InstanceOverrides } from '@app/testing';
import type { ProviderError } from '../../src/problems/provider-errors.js';
import { decide } from '../../src/state-machine/decide.js';
import type { Absent, Decision, Found, MarkerSearch, Observation } from '../../src/state-machine/model.js';
import { POLICY } from './world.js';

/** The moment at which the tests of decisions take place. */
export const NOW = Date.UTC(2026, 0, 1, 12);
export const NOVITA_ID = 'n0000000000000001' as NovitaInstanceId;

/** @param seconds from now; negative for the past */
export function at(seconds: number): Timestamp {
  return timestampFromMs(NOW + seconds * 1_000);
}

export function found(
  status: string,
  overrides: Partial<NovitaInstance> = {},
  search: MarkerSearch | null = null,
): Found {
  const instance = aNovitaInstance({ id: NOVITA_ID, status, ...overrides });
  return { kind: 'found', instance, source: 'get', at: at(0), search };
}

export const denied: Absent = { kind: 'absent', source: 'get', at: at(0), search: null };

/** A clean search that found nothing. */
export function nothing(beganAt: Timestamp = at(0)): Absent {
  return { kind: 'absent', source: 'list', at: beganAt, search: { beganAt, clean: true, matches: [] } };
}

export function unclear(kind: ProviderError['kind'], retryAfterMs: number | null = null): Observation {
  return { kind: 'unclear', error: { kind, message: `it said ${kind}`, effectUnknown: false, retryAfterMs } };
}

/** An instance of ours that was observed half a minute ago. */
export const existing = {
  novitaInstanceId: NOVITA_ID,
  novitaStatus: 'running',
  observedAt: at(-30),
  source: 'get',
} as const;
export const ready: InstanceOverrides = { ...existing, status: 'ready', confirmedAt: at(-30), deadlines: {} };
/** A create of unknown outcome that was sent half a minute ago. */
export const openCreate = { startedAt: at(-30), productId: 'p' };

/** What is decided of a record of ours that is due, and desired to run unless the overrides say otherwise. */
export function decided(overrides: InstanceOverrides, observation: Observation, policy = POLICY): Decision {
  const record = anInstance({
    desired: { state: 'running', at: at(-300), by: 'user:test' },
    deadlines: { nextReconcileAt: at(0), startupBy: at(300) },
    ...overrides,
  });
  return decide(record, observation, NOW, policy);
}
