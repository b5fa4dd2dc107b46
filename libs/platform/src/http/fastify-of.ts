import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** The Fastify server of an application; null in a process without one. */
export function fastifyOf(adapters: HttpAdapterHost): FastifyInstance | null {
  // Typed as always there, but an application context is made without it.
  const adapter: HttpAdapterHost['httpAdapter'] | null | undefined = adapters.httpAdapter;
  return adapter?.getType() === 'fastify' ? adapter.getInstance<FastifyInstance>() : null;
}
