import type { NovitaInstance, NovitaInstanceId } from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { aNovitaInstance } from '@app/testing';
import type { Absent, Found, MarkerSearch, Observation } from '../../src/decide/observation.js';
import type { ProviderFault } from '../../src/problems/provider-fault.js';

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

export function unclear(kind: ProviderFault['kind'], retryAfterMs: number | null = null): Observation {
  return { kind: 'unclear', fault: { kind, message: `it said ${kind}`, effectUnknown: false, retryAfterMs } };
}
