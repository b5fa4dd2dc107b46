import type { SandboxStatus } from '../world/status.js';

/** What a fault applies to. What is left out does not narrow it. */
export interface FaultScope {
  /**
   * An operationId such as `createInstance`, or `*`. Left out: every operation, but `listInstances` for the faults
   * that change lists.
   */
  readonly operation?: string;
  /** How often it strikes before it is used up; default without end. */
  readonly times?: number;
  /** Only calls about this instance. */
  readonly instanceId?: string;
  /** Only calls about instances whose name contains this, creates and searches by name included. */
  readonly nameContains?: string;
  /** Only calls for that page of a list, by the number that the caller sent. */
  readonly page?: number;
}

export type FaultEffect =
  /** The answer comes later, the effect too. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** An answer with that status instead of the effect. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly reason: string;
      readonly message: string;
      readonly retryAfterSeconds?: number;
    }
  /** It takes effect, and the answer is an error: 500 by default. */
  | {
      readonly kind: 'succeed-then-500';
      readonly status?: number;
      readonly reason?: string;
      readonly message?: string;
    }
  /** It has its effect and is never answered. */
  | { readonly kind: 'succeed-then-hang' }
  /** Never answered, without effect. */
  | { readonly kind: 'hang' }
  /** The socket is destroyed: before the effect, or after it with `afterEffect`. */
  | { readonly kind: 'reset'; readonly afterEffect?: boolean }
  /** It takes effect; the body is a web page (default), cut off, or holds one bad item in a list. */
  | { readonly kind: 'malformed'; readonly body?: 'html' | 'truncated' | 'item' }
  /** Lists show the instances as they were so many milliseconds ago. */
  | { readonly kind: 'list-lag'; readonly ms: number }
  /** From the second page on the pages have shifted as if an instance of the first page had gone, or a new one had come. */
  | { readonly kind: 'page-drift'; readonly direction?: 'removed' | 'inserted' }
  /** From the second page on the first item is the last one of the page before. */
  | { readonly kind: 'duplicates' }
  | { readonly kind: 'empty-list'; readonly total?: number }
  /** Existing instances are not shown while the fault stands: anywhere, or in lists only. */
  | {
      readonly kind: 'vanish';
      readonly percent?: number;
      readonly ids?: readonly string[];
      readonly from?: 'everywhere' | 'lists';
    }
  /** New instances are not shown until they are so old: in lists, and when they are read by their id. */
  | { readonly kind: 'late'; readonly listsMs?: number; readonly readsMs?: number }
  /** Matching instances do not leave that state while the fault stands. */
  | { readonly kind: 'stuck'; readonly status: SandboxStatus }
  /** The next create or start ends in `exited` with `statusError` filled; a migration fails likewise. */
  | { readonly kind: 'fail-start'; readonly message: string }
  /** The provider takes the spot instance back: notified, reclaiming, terminated and exited. Strikes when added. */
  | { readonly kind: 'spot-reclaim'; readonly instanceId: string }
  /** Create, start and migrate are refused, although the product list still says it is there. */
  | { readonly kind: 'out-of-stock'; readonly productId?: string }
  /** A migration makes another instance, with an id of its own and the same name; the old one stays where it was. */
  | { readonly kind: 'migrate-elsewhere' }
  | { readonly kind: 'out-of-balance' }
  /** Calls beyond so many in a second get 429; `Retry-After` only when given. */
  | { readonly kind: 'rate-limit'; readonly perSecond: number; readonly retryAfterSeconds?: number }
  /** The answer has one more member than anybody knows: each item of its list, or itself when it has none. */
  | { readonly kind: 'unknown-member'; readonly member: string }
  /** Nothing of the latest hours is on the bill yet. */
  | { readonly kind: 'bill-late'; readonly hours: number }
  /** That day of UTC, such as `2026-03-01`, is not on the bill. */
  | { readonly kind: 'bill-missing-day'; readonly day: string }
  /** Amounts of the bill are so many times as great, without a word of it but in what is displayed. */
  | { readonly kind: 'bill-unit'; readonly factor: number }
  /** So much is charged of what was used. */
  | { readonly kind: 'bill-charges'; readonly percent: number }
  /** A running instance's http ports answer 503 (default) or nothing. */
  | { readonly kind: 'port-silent'; readonly port?: number; readonly answer?: '503' | 'nothing' };

export type Fault = FaultScope & FaultEffect;
export type FaultKind = FaultEffect['kind'];

export interface StandingFault {
  readonly id: string;
  readonly fault: Fault;
  /** How often it has struck. */
  readonly strikes: number;
}

export interface FaultControls {
  /**
   * @returns its id
   * @throws InvalidFaultError naming the field
   */
  add(fault: Fault): string;
  /** Ends one fault, or all of them. @returns how many were ended */
  clear(id?: string): number;
  list(): readonly StandingFault[];
}
