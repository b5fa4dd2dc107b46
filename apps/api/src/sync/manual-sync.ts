import { Draining, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type SyncAnswer, type SyncOptions, SyncRequests } from '@app/sync';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiHeaders } from '../http/api-headers.js';
import { callerOf } from '../http/caller.js';
import { clientSignal } from '../http/client-signal.js';

/** How long a caller waits for the end of a run. */
const PATIENCE_MS = 60_000;

/** For the log, and so that an Idempotency-Key is given free. */
const NOBODY_WAITS = 'The caller went away while the sync goes on.';

/** A sync on the time of a request: for as long as somebody waits for its answer and this process lives. */
@Injectable()
export class ManualSync {
  constructor(
    private readonly requests: SyncRequests,
    private readonly headers: ApiHeaders,
    private readonly draining: Draining,
  ) {}

  /**
   * @param wait whether a run under way is joined
   * @throws Problem those of `SyncRequests.run`, and `shutting-down`
   */
  async run(options: SyncOptions, wait: boolean, request: FastifyRequest, reply: FastifyReply): Promise<SyncAnswer> {
    const client = clientSignal(reply);
    try {
      return await this.requests.run(options, callerOf(request), {
        wait,
        patienceMs: PATIENCE_MS,
        signal: AbortSignal.any([client, this.draining.signal]),
      });
    } catch (error) {
      throw this.meaningOf(error, client);
    } finally {
      this.headers.renewSync(reply);
    }
  }

  private meaningOf(error: unknown, client: AbortSignal): unknown {
    if (error instanceof Problem) return error;
    if (client.aborted)
      return new Problem(PLATFORM_PROBLEMS['request-in-flight'], { detail: NOBODY_WAITS, cause: error });
    if (!this.draining.isDraining) return error;
    return new Problem(PLATFORM_PROBLEMS['shutting-down'], {
      detail: 'This process ends before the sync does, which goes on without it.',
      suggestion: 'Follow it with GET /api/v1/sync/status.',
      retryAfterSeconds: 1,
      cause: error,
    });
  }
}
