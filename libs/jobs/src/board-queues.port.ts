import type { BaseAdapter } from '@bull-board/api/baseAdapter';

/**
 * The queues as bull-board shows them, to be looked at only: a job is a hint at a deadline of a record, and the sweep
 * makes anew what it finds missing. Moving or removing jobs by hand could repair nothing, and hides what went wrong.
 * Injected as `null` without Redis: then there are no queues that could be looked into.
 */
export abstract class BoardQueues {
  /** One for each queue. What they read fails soon when Redis is away. */
  abstract adapters(): Promise<readonly BaseAdapter[]>;
}
