import type { Caller } from '@app/lifecycle';
import type { FastifyRequest } from 'fastify';

/** Who asks, on a route that needs a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`${request.url} let a request in without a key`);
  return { keyName: request.caller.name };
}
