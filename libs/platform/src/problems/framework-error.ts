import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemAnswer } from './problem-document.js';
import { ProblemMappers } from './problem-mappers.js';

const mappers = new ProblemMappers();

/** Answers a request that the router refuses before any hook or filter runs, such as one with a broken address. */
export function answerFrameworkError(
  error: Error,
  request: Pick<FastifyRequest, 'id'>,
  reply: Pick<FastifyReply, 'status'>,
): void {
  const answer = problemAnswer(mappers.toProblem(error), request.id);
  void reply
    .status(answer.status)
    .headers({ ...answer.headers, 'X-Request-Id': request.id })
    .send(JSON.stringify(answer.body));
}
