import type { NovitaInstance, NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { aNovitaInstance } from '@app/testing';
import type { PriceBook } from '../../src/instances/instance-pass.js';
import type { Sight } from '../../src/rules/sight.js';
import { at } from './a-run.js';

export function novitaId(n: number): NovitaInstanceId {
  return n.toString(16).padStart(16, '0') as NovitaInstanceId;
}

/** An instance as the provider tells it, made a day ago, with all that the test does not care about left at nothing. */
export function aListedInstance(overrides: Partial<NovitaInstance> = {}): NovitaInstance {
  return aNovitaInstance({
    id: novitaId(1),
    createdAt: timestampFromMs(Date.UTC(2025, 11, 31)),
    ...overrides,
  });
}

export const NO_PRICES: PriceBook = { usdPerHour: () => null };

/** @param seconds after the start of 2026 */
export function listedAt(seconds: number, overrides: Partial<Sight> = {}): Sight {
  return { at: at(seconds), source: 'list', prices: NO_PRICES, ...overrides };
}
