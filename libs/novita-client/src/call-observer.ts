import { NOVITA_ERROR_KINDS, type NovitaErrorKind } from './novita.errors.js';
import type { MalformedItem } from './novita.js';

export const EXCHANGE_OUTCOMES = ['ok', 'aborted', ...NOVITA_ERROR_KINDS] as const;
export type ExchangeOutcome = (typeof EXCHANGE_OUTCOMES)[number];

/** Told what the client does, for metrics and the log. Calls are named without ids, such as `GET /gpu/instance`. */
export interface CallObserver {
  /** One exchange with the service ended. */
  exchanged(call: string, outcome: ExchangeOutcome, durationMs: number): void;
  /** A call ended before it was ever sent. */
  notSent(call: string, kind: NovitaErrorKind): void;
  /** Parts of an answer that were left out. */
  malformed(call: string, items: readonly MalformedItem[]): void;
}
