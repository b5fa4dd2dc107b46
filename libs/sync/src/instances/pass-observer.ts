import {
  type ListedInstance,
  type Novita,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
  type Page,
} from '@app/novita-client';
import type { Clock, Timestamp } from '@app/platform';
import type { Observation, PriceBook } from '../reconcile/observation.js';

/** The answer to a GET of one instance; `at` is when the GET began. */
export type InstanceObservation =
  | { readonly kind: 'found'; readonly instance: NovitaInstance; readonly at: Timestamp }
  | { readonly kind: 'denied'; readonly at: Timestamp }
  /** Nothing is known, and nothing may be concluded. */
  | { readonly kind: 'failed'; readonly error: NovitaError };

const PAGES_FETCHED_AT_ONCE = 8;
/** GETs of single instances under way at a time. */
export const GETS_AT_ONCE = 8;

/** The provider as one pass observes it, with the clock by which it dates its observations. */
export class PassObserver {
  constructor(
    private readonly novita: Novita,
    private readonly clock: Clock,
    /** Never rejects. */
    private readonly prices: Promise<PriceBook>,
    readonly signal: AbortSignal,
  ) {}

  /** Milliseconds since 1970. */
  now(): number {
    return this.clock.now();
  }

  timestamp(): Timestamp {
    return this.clock.timestamp();
  }

  /** @param at when the request began */
  async observation(source: Observation['source'], at: Timestamp): Promise<Observation> {
    return { at, source, prices: await this.prices };
  }

  listing(): AsyncIterable<Page<ListedInstance>> {
    const { signal } = this;
    return this.novita.instances.scan({ concurrency: PAGES_FETCHED_AT_ONCE, signal, priority: 'background' });
  }

  /** @throws the signal's reason, and whatever is no answer of the provider */
  async observe(id: NovitaInstanceId): Promise<InstanceObservation> {
    const { signal } = this;
    signal.throwIfAborted();
    const at = this.clock.timestamp();
    try {
      return { kind: 'found', instance: await this.novita.instances.get(id, { signal, priority: 'background' }), at };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NovitaNotFoundError) return { kind: 'denied', at };
      if (error instanceof NovitaError) return { kind: 'failed', error };
      throw error;
    }
  }
}
