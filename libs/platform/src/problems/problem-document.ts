import type { Problem } from './problem.js';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * How a problem goes over the wire: https://www.rfc-editor.org/rfc/rfc9457
 *
 * @param prefix path below which the client sees this service
 */
export function problemAnswer({ type, details }: Problem, requestId: string, prefix: string): ProblemAnswer {
  return {
    status: type.status,
    headers: headersOf(type.status, details.retryAfterSeconds, details.extensions?.['allow']),
    body: {
      // First, so that they cannot take the place of the standard members.
      ...details.extensions,
      type: `${prefix}/errors/${type.code}`,
      title: type.title,
      status: type.status,
      detail: details.detail,
      instance: `urn:request:${requestId}`,
      code: type.code,
      retryable: details.retryable ?? type.retryable,
      suggestion: details.suggestion ?? type.suggestion,
      requestId,
      ...(details.errors === undefined ? {} : { errors: details.errors }),
    },
  };
}

function headersOf(status: number, retryAfterSeconds: number | undefined, allow: unknown): Record<string, string> {
  return {
    'Content-Type': `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    // A problem is never the lasting state of an address.
    'Cache-Control': 'no-store',
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.max(0, Math.ceil(retryAfterSeconds))) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(status === 405 && Array.isArray(allow) ? { Allow: allow.join(', ') } : {}),
  };
}
