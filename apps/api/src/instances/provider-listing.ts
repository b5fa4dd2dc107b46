import { lifecycleProblems } from '@app/lifecycle';
import {
  type ListingVerdict,
  Novita,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
} from '@app/novita-client';
import { Clock, Draining, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { API_PROBLEMS } from '../core/errors/api.problems.js';

/** More than this is not held in memory for one answer. */
export const MAX_INSTANCES = 10_000;
const CONCURRENCY = 4;
/** A hundred pages at ten requests a second, and as much again for calls that go before. */
const LIMIT_MS = 30_000;

export interface Listing {
  readonly instances: ReadonlyMap<NovitaInstanceId, NovitaInstance>;
  readonly verdict: ListingVerdict;
}

/** The listing of Novita at this moment. Callers that ask while it is being listed share that listing. */
@Injectable()
export class ProviderListing {
  private underWay: { readonly begunAt: number; readonly listing: Promise<Listing> } | null = null;

  constructor(
    private readonly novita: Novita,
    private readonly draining: Draining,
    private readonly clock: Clock,
  ) {}

  /**
   * @param after epoch milliseconds; a listing that began before does not do
   * @throws NovitaError, Problem `fleet-too-large`, `network-error` when it takes too long, `shutting-down`
   */
  list(after = 0): Promise<Listing> {
    // In the same millisecond it is not known which was first.
    if (this.underWay !== null && this.underWay.begunAt > after) return this.underWay.listing;
    const listing = this.listAnew().finally(() => {
      if (this.underWay?.listing === listing) this.underWay = null;
    });
    this.underWay = { begunAt: this.clock.now(), listing };
    return listing;
  }

  private async listAnew(): Promise<Listing> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      return await this.read(AbortSignal.any([limit, this.draining.signal]));
    } catch (error) {
      if (error instanceof NovitaError || error instanceof Problem) throw error;
      if (this.draining.isDraining) {
        throw new Problem(PLATFORM_PROBLEMS['shutting-down'], {
          detail: 'This process ends before Novita has listed all instances.',
          retryAfterSeconds: 1,
          cause: error,
        });
      }
      if (!limit.aborted) throw error;
      throw new Problem(lifecycleProblems['network-error'], {
        detail: `Novita did not list all instances within ${LIMIT_MS / 1000} s.`,
        cause: error,
      });
    }
  }

  private async read(signal: AbortSignal): Promise<Listing> {
    const instances = new Map<NovitaInstanceId, NovitaInstance>();
    let verdict: ListingVerdict | null = null;
    const pages = this.novita.instances.list({ concurrency: CONCURRENCY }, { signal, priority: 'interactive' });
    for await (const page of pages) {
      if (page.total > MAX_INSTANCES) throw fleetTooLarge(page.total);
      for (const instance of page.items) instances.set(instance.id, instance);
      verdict = page.verdict;
    }
    if (verdict === null) throw new Error('a listing ended without its verdict');
    return { instances, verdict };
  }
}

export function fleetTooLarge(total: number): Problem {
  return new Problem(API_PROBLEMS['fleet-too-large'], {
    detail: `There are ${total} instances; at most ${MAX_INSTANCES} are merged into one answer.`,
    extensions: { total, maximum: MAX_INSTANCES },
  });
}
