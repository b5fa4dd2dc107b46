import type { Caller } from '@app/lifecycle';
import { Draining, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type SyncAnswer, type SyncOptions, SyncRequests } from '@app/sync';
import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** How long a caller waits for the end of a run. */
const PATIENCE_MS = 60_000;

/** For the log, and so that an Idempotency-Key is given free. */
const NOBODY_WAITS = 'The caller went away while the sync goes on.';

export interface ManualRun {
  /** Whether a run under way is joined. */
  readonly wait: boolean;
  readonly caller: Caller;
  /** Aborted when nobody waits for the answer any more. */
  readonly client: AbortSignal;
}

/** A sync on the time of a request: for as long as somebody waits for its answer and this process lives. */
@Injectable()
export class ManualSync {
  constructor(
    private readonly requests: SyncRequests,
    private readonly draining: Draining,
  ) {}

  /** @throws Problem those of `SyncRequests.run`, and `shutting-down` */
  async run(options: SyncOptions, { wait, caller, client }: ManualRun): Promise<SyncAnswer> {
    try {
      return await this.requests.run(options, caller, {
        wait,
        patienceMs: PATIENCE_MS,
        signal: AbortSignal.any([client, this.draining.signal]),
      });
    } catch (error) {
      throw this.meaningOf(error, client);
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

/** For a parameter of a route: aborted when nobody waits for its answer any more. */
export const ClientSignal = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  clientSignal(context.switchToHttp().getResponse<FastifyReply>()),
);

/** Fastify's own `request.signal` follows the request, which Node closes as soon as its body was read. */
function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
