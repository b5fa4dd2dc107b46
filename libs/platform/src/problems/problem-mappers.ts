import { Injectable } from '@nestjs/common';
import { problemOfHttpError } from './http-errors.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { Problem } from './problem.js';
import type { RequestEffect } from './request-effect.js';

/** Says what an error of one library means to an HTTP client; null for errors that it does not know. */
export type ProblemMapper = (error: unknown, effect: RequestEffect) => Problem | null;

/** Of a request that reached no handler. */
const NO_EFFECT: RequestEffect = { isRead: true, isRepeatable: true };

/** Turns any error into a problem. Applications register what the errors of their libraries mean. */
@Injectable()
export class ProblemMappers {
  private readonly mappers: ProblemMapper[] = [];

  register(...mappers: readonly ProblemMapper[]): void {
    this.mappers.push(...mappers);
  }

  /** Never fails: what nobody knows is an `internal-error` that tells the client nothing of its cause. */
  toProblem(error: unknown, effect: RequestEffect = NO_EFFECT): Problem {
    if (error instanceof Problem) return error;
    for (const mapper of [...this.mappers, problemOfHttpError]) {
      const problem = mapper(error, effect);
      if (problem !== null) return problem;
    }
    return new Problem(PLATFORM_PROBLEMS['internal-error'], {
      detail: 'The server met a fault that it was not prepared for.',
      cause: error,
      retryable: effect.isRepeatable,
      ...(effect.isRead
        ? {}
        : {
            suggestion:
              'The request may have taken effect. Read what it was to change before you send it again, and report the requestId.',
          }),
    });
  }
}
