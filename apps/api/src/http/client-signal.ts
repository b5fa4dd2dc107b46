import type { FastifyReply } from 'fastify';

/**
 * A signal that is aborted when nobody waits for the answer any more, to end what is only done for it. Fastify's own
 * `request.signal` follows the request, which Node closes as soon as its body was read.
 */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
