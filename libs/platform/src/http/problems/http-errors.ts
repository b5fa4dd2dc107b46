import { HttpException } from '@nestjs/common';
import { oneLine } from '../../kernel/text.js';
import { PLATFORM_PROBLEMS, type PlatformProblemCode } from './platform-problems.js';
import { Problem } from './problem.js';

/** How long to wait for a dependency where nobody knows better. */
const DEPENDENCY_RETRY_SECONDS = 5;

/** Fastify's errors about a request that no handler saw: https://fastify.dev/docs/latest/Reference/Errors/ */
const FASTIFY_ERRORS: Readonly<Record<string, readonly [PlatformProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed-json', 'The body cannot be read as JSON.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-json', 'The body is empty although the Content-Type header says JSON.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'The body is larger than 1 MiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'The Content-Type of the body is not JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad-request', 'The Content-Length header does not fit the body.'],
  FST_ERR_BAD_URL: ['bad-request', 'The path of the request is not correctly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['route-not-found', 'A part of the path is longer than anything served here.'],
};

const STATUS_PROBLEMS: Readonly<Record<number, PlatformProblemCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'route-not-found',
  405: 'method-not-allowed',
  412: 'precondition-failed',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  428: 'precondition-required',
  429: 'rate-limited',
  503: 'dependency-unavailable',
};

/** Errors of Fastify and Nest as problems; null for an error of anything else. */
export function problemOfHttpError(error: unknown): Problem | null {
  // Nest wraps Fastify's errors into exceptions of its own, with the first one as their cause.
  const origin = error instanceof HttpException && error.cause !== undefined ? error.cause : error;
  return problemOfFastifyError(origin) ?? (error instanceof HttpException ? problemOfHttpException(error) : null);
}

function problemOfFastifyError(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const known = 'code' in error && typeof error.code === 'string' ? FASTIFY_ERRORS[error.code] : undefined;
  if (known !== undefined) return new Problem(PLATFORM_PROBLEMS[known[0]], { detail: known[1], cause: error });
  // What Node's request ends with when the client goes away: it is no failure of ours, and nobody is there to be told.
  if (error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET') {
    return new Problem(PLATFORM_PROBLEMS['bad-request'], {
      detail: 'The connection ended in the middle of the body.',
      cause: error,
    });
  }
  // Its JSON parser throws this one for members such as __proto__.
  if (error instanceof SyntaxError && 'statusCode' in error && error.statusCode === 400) {
    return new Problem(PLATFORM_PROBLEMS['malformed-json'], {
      detail: 'The body holds a member that is not allowed in JSON here.',
      cause: error,
    });
  }
  return null;
}

function problemOfHttpException(error: HttpException): Problem | null {
  const status = error.getStatus();
  const code = STATUS_PROBLEMS[status] ?? (status >= 400 && status < 500 ? 'bad-request' : null);
  if (code === null) return null;
  const isOurFault = status >= 500;
  return new Problem(PLATFORM_PROBLEMS[code], {
    detail: isOurFault ? PLATFORM_PROBLEMS[code].description : oneLine(error.message, 500),
    cause: error,
    ...(isOurFault ? { retryAfterSeconds: DEPENDENCY_RETRY_SECONDS } : {}),
  });
}
