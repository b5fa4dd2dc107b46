import { type ArgumentsHost, Catch, type ExceptionFilter, Global, Logger, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { Problem, problemAnswer, type RequestEffect } from './problem.js';
import { ProblemMappers, ProblemRegistry } from './problem-registry.js';

/** When sending a request again cannot do twice what it did the first time. */
export type Repeatable = 'always' | 'with-key' | 'never';

declare module 'fastify' {
  interface FastifyInstance {
    /** There when the server was made by `createHttpAdapter`. */
    readonly earlyHeaders?: EarlyHeaders;
    /** Where the server has pages for people. */
    readonly problemPage?: ProblemPage;
  }

  interface FastifyContextConfig {
    /** Absent: `always` for the methods that HTTP calls idempotent, `never` for the others. */
    repeatable?: Repeatable;
  }
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const IDEMPOTENT: ReadonlySet<string> = new Set([...READS, 'PUT', 'DELETE']);

function effectOf({
  method,
  headers,
  routeOptions,
}: Pick<FastifyRequest, 'method' | 'headers' | 'routeOptions'>): RequestEffect {
  const repeatable = routeOptions.config.repeatable ?? (IDEMPOTENT.has(method) ? 'always' : 'never');
  const isRepeatable =
    repeatable === 'always' || (repeatable === 'with-key' && headers['idempotency-key'] !== undefined);
  return { isRead: READS.has(method), isRepeatable };
}

/** The one place where an error becomes an answer. */
@Catch()
class ProblemFilter implements ExceptionFilter {
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
    void reply.status(answer.status).headers(answer.headers);
    const page = request.server.problemPage?.(problem, request, reply) ?? null;
    if (page === null) void reply.send(answer.body);
    else void reply.type('text/html; charset=utf-8').send(page);
  }

  private log(problem: Problem, error: unknown, request: FastifyRequest): void {
    if (problem.type.status < 500) return;
    const record = { requestId: request.id, code: problem.type.code, err: problem.details.cause ?? error };
    if (problem.type.status === 500) this.logger.error('a request failed', record);
    else this.logger.warn('a request could not be served', record);
  }
}

/** A wrong method on an address that exists is a problem of its own; for an address that does not, the nearest is named. */
function withAllowedMethods(problem: Problem, request: FastifyRequest): Problem {
  // A route that was found may say itself that there is nothing at its address.
  if (problem.type !== PLATFORM_PROBLEMS['route-not-found'] || !request.is404) return problem;
  const [path = '/'] = request.url.split('?');
  const { routeTable } = request.server;
  const allow = routeTable?.methodsOf(path) ?? [];
  if (allow.length === 0) {
    const nearest = routeTable?.nearestTo(path) ?? null;
    return new Problem(problem.type, {
      detail: 'Nothing is served at this address.',
      ...(nearest !== null && {
        suggestion: `Did you mean ${nearest}? All addresses are in the API document at /openapi.json.`,
        extensions: { nearest: [nearest] },
      }),
    });
  }
  return new Problem(PLATFORM_PROBLEMS['method-not-allowed'], {
    detail: `This address takes ${allow.join(', ')}.`,
    extensions: { allow },
  });
}

/**
 * The HTML that a person is shown in place of the document of a problem; null where the document is right. It may add
 * headers to the answer.
 */
type ProblemPage = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => string | null;

/** Headers of answers that are given before any hook runs; whoever adds headers in a hook sets them here as well. */
export interface EarlyHeaders {
  of: (url: string) => Readonly<Record<string, string>>;
}

/** Of what happens before an application is there: it knows the errors of no library. */
const mappersBeforeHooks = new ProblemMappers();

/**
 * Answers a request that the router rejects before any hook or filter runs, such as one with a broken address.
 *
 * @param prefix path below which the client sees this service; such a request does not know it
 */
export function answerFrameworkError(
  error: Error,
  request: Pick<FastifyRequest, 'id' | 'url'> & { readonly server: Pick<FastifyInstance, 'earlyHeaders'> },
  reply: Pick<FastifyReply, 'status'>,
  prefix: string,
): void {
  const answer = problemAnswer(mappersBeforeHooks.toProblem(error), request.id, prefix);
  void reply
    .status(answer.status)
    .headers({ ...request.server.earlyHeaders?.of(request.url), ...answer.headers, 'X-Request-Id': request.id })
    .send(JSON.stringify(answer.body));
}

@Global()
@Module({
  providers: [ProblemRegistry, ProblemMappers, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [ProblemRegistry, ProblemMappers],
})
export class ProblemsModule {}
