import { defineProblems } from './problem.js';

/** The problems that any HTTP process can answer with, whatever it serves. */
export const PLATFORM_PROBLEMS = defineProblems({
  'validation-failed': {
    status: 400,
    title: 'The input is not valid',
    description:
      'One or more values of the body, the query or the path are missing, unknown or out of range. `errors` names each: a JSON pointer into the body, `?name` for a query parameter, `:name` for a part of the path.',
    suggestion: 'Correct the values that `errors` names and send the request again.',
    retryable: false,
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    description:
      'The request says that its body is JSON, but it cannot be read as such: `detail` says where and why. JSON is UTF-8.',
    suggestion: 'Send well-formed JSON, or leave out the Content-Type header when there is no body.',
    retryable: false,
  },
  'bad-request': {
    status: 400,
    title: 'The request cannot be understood',
    description:
      'Something about the request itself is wrong, such as the encoding of its address, its length header or the compression of its body.',
    suggestion: 'Correct the request as `detail` says.',
    retryable: false,
  },
  unauthorized: {
    status: 401,
    title: 'An API key is needed',
    description: 'The request carries no API key, or one that is not known here.',
    suggestion: 'Send the header `Authorization: Bearer <key>` with a key from API_KEYS or API_KEYS_FILE.',
    retryable: false,
  },
  'key-expired': {
    status: 401,
    title: 'The API key has expired',
    description: 'The API key is known, and the time until which it was valid has passed.',
    suggestion: 'Ask whoever runs the fleet for a new key.',
    retryable: false,
  },
  'key-limit-reached': {
    status: 403,
    title: 'A limit of this key is reached',
    description:
      'The key has limits (docs/keys.md): what its instances cost in an hour or a day, and for how long each may live. The request would pass one of them; or the price is not known; or the instance was made with another key, which would pay for it. `detail` names the limit, and `errors` the member with the largest value that it allows.',
    suggestion: 'Ask for less, stop what is not needed any more, or have whoever runs the fleet raise the limit.',
    retryable: false,
  },
  forbidden: {
    status: 403,
    title: 'This key does not allow it',
    description:
      'The API key is known, but its role (viewer, operator or admin) may not do this. The token of an instance may read that instance, report its use, and take or end its lease; nothing else.',
    suggestion: 'Use a key with the role that `detail` names.',
    retryable: false,
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route',
    description: 'Nothing is served at this address.',
    suggestion: 'Look the address up in the API document at /openapi.json.',
    retryable: false,
  },
  'method-not-allowed': {
    status: 405,
    title: 'The route does not accept this method',
    description: 'The address exists, but not for this HTTP method. The header `Allow` lists those that it accepts.',
    suggestion: 'Use one of the methods in `allow`.',
    retryable: false,
  },
  'request-timeout': {
    status: 408,
    title: 'The request came too slowly',
    description:
      'The connection was open, but the request did not arrive as a whole in half a minute to a minute. Nothing was done.',
    suggestion: 'Send the request again, without pauses.',
    retryable: true,
  },
  'request-in-flight': {
    status: 409,
    title: 'The same request is being worked on',
    description: 'A request with the same Idempotency-Key came in before and has not been answered yet.',
    suggestion: 'Wait for the first answer, or repeat the request after the time in Retry-After.',
    retryable: true,
  },
  'precondition-failed': {
    status: 412,
    title: 'It has changed in the meantime',
    description: 'The If-Match header names another revision than the present one.',
    suggestion: 'Read it again, check what changed, and repeat the request with the new ETag.',
    retryable: false,
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    description: 'The body of the request is larger than this server accepts.',
    suggestion: 'Send a smaller body.',
    retryable: false,
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type of the body is not supported',
    description:
      'Bodies are JSON in UTF-8, plain or compressed with gzip; the Content-Type or Content-Encoding header says something else.',
    suggestion: 'Send JSON with `Content-Type: application/json`.',
    retryable: false,
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    description: 'This Idempotency-Key was used in the last 24 hours with another body or address.',
    suggestion: 'Use a new key for a new request, or send exactly the first request again.',
    retryable: false,
  },
  'precondition-required': {
    status: 428,
    title: 'An If-Match header is needed',
    description:
      'The change could overwrite one that the caller does not know, so it must name the revision that it is based on.',
    suggestion: 'Send the ETag of your last read in the If-Match header.',
    retryable: false,
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    description: 'More requests than allowed came with this key, or from this address with keys that are not known.',
    suggestion: 'Wait for the time in Retry-After; send fewer requests.',
    retryable: true,
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    description: 'The address and the headers of the request are larger together than this server accepts.',
    suggestion: 'Send a shorter address, fewer or shorter headers.',
    retryable: false,
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong here',
    description:
      'An error in this server. Its log has the details under the request id. A command may have taken effect; such a one is `retryable` only where sending it again cannot do it twice.',
    suggestion: 'Try again; if it stays, report the requestId.',
    retryable: true,
  },
  'outcome-unknown': {
    status: 503,
    title: 'Nobody knows whether it was done',
    description:
      'The command was sent on, and its answer was lost: the connection broke or the time ran out. It may have taken effect. `instanceId`, where it is there, names the instance that it made or changed if it did; it is `retryable` only where sending the same request again cannot do it twice: a create with an Idempotency-Key, and commands that state what shall be (start, stop, delete, last-used, leases, stop-all, adopt, sync, pause, resume). A create without a key, a restart and a change of settings are not.',
    suggestion: 'Read the instance that `instanceId` names, or the list, before you send the request again.',
    retryable: false,
  },
  'dependency-unavailable': {
    status: 503,
    title: 'A service that is needed cannot be reached',
    description:
      'A part that this request depends on, such as Redis, does not answer at present. The request was not carried out; one whose outcome is not known is `outcome-unknown` instead.',
    suggestion: 'Try again after the time in Retry-After.',
    retryable: true,
  },
  'shutting-down': {
    status: 503,
    title: 'This process is ending',
    description: 'The process that got the request accepts no new work, as it is about to end.',
    suggestion: 'Send the request again; another process will accept it.',
    retryable: true,
  },
});

export type PlatformProblemCode = keyof typeof PLATFORM_PROBLEMS;
