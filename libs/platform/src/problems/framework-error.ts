import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemAnswer } from './problem-document.js';
import { ProblemMappers } from './problem-mappers.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** There when the server was made by `createHttpAdapter`. */
    readonly earlyHeaders?: EarlyHeaders;
  }
}

/** Headers of answers that are given before any hook runs; whoever adds headers in a hook sets them here as well. */
export interface EarlyHeaders {
  of: (url: string) => Readonly<Record<string, string>>;
}

const mappers = new ProblemMappers();

/**
 * Answers a request that the router refuses before any hook or filter runs, such as one with a broken address.
 *
 * @param prefix path below which the client sees this service; such a request does not know it
 */
export function answerFrameworkError(
  error: Error,
  request: Pick<FastifyRequest, 'id' | 'url'> & { readonly server: Pick<FastifyInstance, 'earlyHeaders'> },
  reply: Pick<FastifyReply, 'status'>,
  prefix: string,
): void {
  const answer = problemAnswer(mappers.toProblem(error), request.id, prefix);
  void reply
    .status(answer.status)
    .headers({ ...request.server.earlyHeaders?.of(request.url), ...answer.headers, 'X-Request-Id': request.id })
    .send(JSON.stringify(answer.body));
}
