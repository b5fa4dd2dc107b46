import { apiVersionOf, type FaceKindRow } from './kinds.js';

/** What the apiserver says when a request fails: its `Status` object. */
interface ApiStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure';
  readonly message: string;
  /** Left out of errors that the apiserver has no word for. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: ApiStatus,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(status.message);
  }
}

function failure(code: number, reason: string | null, message: string, details?: ApiStatus['details']): ApiStatus {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === null ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

const about = ({ group, plural }: FaceKindRow, name: string): ApiStatus['details'] => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: plural,
});

/** As the apiserver writes a resource in its sentences: `pods`, `deployments.apps`. */
const spoken = ({ group, plural }: FaceKindRow): string => (group === '' ? plural : `${plural}.${group}`);

export const badRequest = (message: string): ApiError => new ApiError(failure(400, 'BadRequest', message));

export const unauthorized = (): ApiError => new ApiError(failure(401, 'Unauthorized', 'Unauthorized'));

export function forbidden(row: FaceKindRow, verb: string, namespace: string | null, name: string | null): ApiError {
  const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = name === null ? spoken(row) : `${spoken(row)} "${name}"`;
  const message = `${what} is forbidden: User "somebody" cannot ${verb} resource "${row.plural}" in API group "${row.group}" ${where}`;
  return new ApiError(
    failure(403, 'Forbidden', message, {
      ...(name === null ? {} : { name }),
      ...(row.group === '' ? {} : { group: row.group }),
      kind: row.plural,
    }),
  );
}

export const noSuchPath = (): ApiError =>
  new ApiError(failure(404, 'NotFound', 'the server could not find the requested resource', {}));

export const noSuchObject = (row: FaceKindRow, name: string): ApiError =>
  new ApiError(failure(404, 'NotFound', `${spoken(row)} "${name}" not found`, about(row, name)));

export const methodNotAllowed = (): ApiError =>
  new ApiError(failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}));

export const notAcceptable = (): ApiError =>
  new ApiError(
    failure(
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/json;stream=watch',
      {},
    ),
  );

export const alreadyExists = (row: FaceKindRow, name: string): ApiError =>
  new ApiError(failure(409, 'AlreadyExists', `${spoken(row)} "${name}" already exists`, about(row, name)));

export function conflict(row: FaceKindRow, name: string): ApiError {
  const message =
    `Operation cannot be fulfilled on ${spoken(row)} "${name}": the object has been modified; ` +
    'please apply your changes to the latest version and try again';
  return new ApiError(failure(409, 'Conflict', message, about(row, name)));
}

/** Of a page that cannot be had any more. @param freshToken goes on from there, with the objects as they are now */
export function expiredContinue(freshToken: string): ApiError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
    'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
    'deleted between the time the first chunk was returned and now may show up in the list.';
  return new ApiError({ ...failure(410, 'Expired', message), metadata: { continue: freshToken } });
}

export const expiredVersion = (version: number, oldest: number): ApiError =>
  new ApiError(failure(410, 'Expired', `too old resource version: ${version} (${oldest})`));

/** Of a body that it cannot read. @param accepted what it can */
export const unreadableBody = (accepted: readonly string[]): ApiError => unsupportedMediaType(accepted);

/** Of a patch of a form that it does not know. @param accepted those that it does */
export const unknownPatch = (accepted: readonly string[]): ApiError => unsupportedMediaType(accepted, {});

function unsupportedMediaType(accepted: readonly string[], details?: ApiStatus['details']): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(failure(415, 'UnsupportedMediaType', message, details));
}

/** Of a patch that is well formed and cannot be done. */
export const impossiblePatch = (message: string): ApiError => new ApiError(failure(422, 'Invalid', message, {}));

/** Of a delete of another state than the object has. @param what of the two it is that differs */
export function preconditionFailed(
  { kind }: FaceKindRow,
  name: string,
  what: 'UID' | 'ResourceVersion',
  [expected, found]: readonly [string, string],
): ApiError {
  const message =
    `Operation cannot be fulfilled on ${kind} "${name}": the ${what} in the precondition (${expected}) does not match ` +
    `the ${what} in record (${found}).`;
  return new ApiError(failure(409, 'Conflict', message, { name, kind }));
}

/** What comes to the surface of the apiserver as it is. */
export const unexpectedError = (message: string): ApiError => new ApiError(failure(500, null, message));

export interface FieldViolation {
  readonly reason: 'FieldValueForbidden' | 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueNotSupported';
  readonly message: string;
  readonly field: string;
}

/** @param subject what is invalid: a row and a name, or the options of a request */
export function invalid(
  subject: FaceKindRow | 'ListOptions' | 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  name: string,
  violations: readonly FieldViolation[],
): ApiError {
  const [kind, group] = typeof subject === 'string' ? [subject, 'meta.k8s.io'] : [subject.kind, subject.group];
  const qualified = group === '' ? kind : `${kind}.${group}`;
  const sentences = violations.map(({ field, message }) => `${field}: ${message}`);
  const told = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`;
  return new ApiError(
    failure(422, 'Invalid', `${qualified} "${name}" is invalid: ${told}`, {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind,
      causes: violations,
    }),
  );
}

export const internalError = (message: string): ApiError =>
  new ApiError(failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }));

export const versionTooLarge = (asked: number, current: number): ApiError =>
  new ApiError(
    failure(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
    1,
  );

/** What a delete that leaves nothing to show answers. */
export function deletedStatus(row: FaceKindRow, name: string, uid: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...about(row, name), uid },
  });
}

/** The two members by which every object that stands alone begins. */
export const typeOf = (row: FaceKindRow): string => `"kind":"${row.kind}","apiVersion":"${apiVersionOf(row)}"`;
