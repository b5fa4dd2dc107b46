import type { Timestamp } from '@app/platform';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { nextPageLink } from './paths.js';

export { present } from '@app/views';

/** The head of an answer. An absent member leaves what the route and the pipeline set. */
export interface AnswerHead {
  /** Default: the lowest status that the route documents. */
  readonly status?: number;
  /** Path without the prefix of a proxy. */
  readonly location?: string;
  /** With its quotes. */
  readonly etag?: string;
  /** For `X-Data-As-Of`; null when the age of the data is not known. */
  readonly asOf?: Timestamp | null;
  /** Whether the data cannot be kept up to date at present, so that `X-Data-As-Of` stands still. */
  readonly isStale?: boolean;
  /** Whether the data is from memory, because Redis is away. */
  readonly fromMemory?: boolean;
  /** For `Link`; null on the last page. */
  readonly nextCursor?: string | null;
}

/** A body with a head of its own. A controller without anything to say in the head returns the body alone. */
export class Answer<Body extends object> {
  constructor(
    readonly dto: Body,
    readonly head: AnswerHead,
  ) {}
}

/** Has the `Answer`s of a route unpacked before they are serialised. Answers that are text already never come here. */
export function presentAnswers(route: RouteOptions): void {
  route.preSerialization = [...[route.preSerialization ?? []].flat(), unpack];
}

function unpack(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  if (!(payload instanceof Answer)) {
    done(null, payload);
    return;
  }
  const {
    status,
    location,
    etag,
    asOf = null,
    isStale = false,
    fromMemory = false,
    nextCursor = null,
  }: AnswerHead = payload.head;
  if (status !== undefined) reply.code(status);
  if (location !== undefined) reply.header('location', request.prefix + location);
  if (etag !== undefined) reply.header('etag', etag);
  if (asOf !== null) reply.header('x-data-as-of', asOf);
  if (isStale) reply.header('x-data-stale', 'true');
  if (fromMemory) reply.header('x-data-source', 'memory');
  if (nextCursor !== null) reply.header('link', nextPageLink(request, nextCursor));
  done(null, payload.dto);
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

/** A sum of USD without the dust of floating point; sums of prices per second are below a cent. */
export function usd(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
