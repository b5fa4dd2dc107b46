import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { Problem } from './problem.js';
import { problemAnswer } from './problem-document.js';
import { ProblemMappers } from './problem-mappers.js';
import { effectOf } from './request-effect.js';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problems');

  constructor(private readonly mappers: ProblemMappers) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = withAllowedMethods(this.mappers.toProblem(error, effectOf(request)), request);
    this.log(problem, error, request);
    if (reply.sent || reply.raw.headersSent) {
      // A stream that has begun can only be cut off.
      reply.raw.destroy();
      return;
    }
    const answer = problemAnswer(problem, request.id, request.prefix);
    void reply.status(answer.status).headers(answer.headers).send(answer.body);
  }

  private log(problem: Problem, error: unknown, request: FastifyRequest): void {
    if (problem.type.status < 500) return;
    const record = { requestId: request.id, code: problem.type.code, err: problem.details.cause ?? error };
    if (problem.type.status === 500) this.logger.error('a request failed', record);
    else this.logger.warn('a request could not be served', record);
  }
}

/** A wrong method on an address that exists is a problem of its own. */
function withAllowedMethods(problem: Problem, request: FastifyRequest): Problem {
  if (problem.type !== PLATFORM_PROBLEMS['route-not-found']) return problem;
  const [path = '/'] = request.url.split('?');
  const allow = request.server.routeTable?.methodsOf(path) ?? [];
  if (allow.length === 0 || allow.includes(request.method)) {
    return new Problem(problem.type, { detail: 'Nothing is served at this address.' });
  }
  return new Problem(PLATFORM_PROBLEMS['method-not-allowed'], {
    detail: `This address takes ${allow.join(', ')}.`,
    extensions: { allow },
  });
}
