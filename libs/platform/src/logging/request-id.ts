import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const USABLE = /^[A-Za-z0-9._-]{1,64}$/;

/** The client's own `X-Request-Id` when it is short and harmless in a log and a header, else a new one. */
export function requestIdFor(request: { readonly headers: IncomingHttpHeaders }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && USABLE.test(given) ? given : randomUUID();
}
