import { methodNotAllowed, noSuchPath } from './api-status.js';
import type { FaceVerb } from './faults.js';
import { type FaceKindRow, rowOfPlural } from './kinds.js';

/** A request about objects of one kind. */
export interface ResourceRequest {
  readonly row: FaceKindRow;
  readonly verb: Exclude<FaceVerb, 'discovery'>;
  /** Null for what stands in no namespace, and for all namespaces. */
  readonly namespace: string | null;
  /** Null for the whole collection. */
  readonly name: string | null;
  readonly isOfStatus: boolean;
}

/** @throws ApiError 404, 405 */
export function resourceRequest(method: string, path: string, query: URLSearchParams): ResourceRequest {
  const { group, rest } = groupOf(path);
  // A namespace is an object itself, and a place of others.
  const isPlaced = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const namespace = isPlaced ? (rest[1] ?? null) : null;
  const [plural = '', name = null, subresource, ...more] = isPlaced ? rest.slice(2) : rest;
  const row = rowOfPlural(group, plural);
  if (row === null || more.length > 0 || row.isNamespaced !== (isPlaced || (row.isNamespaced && name === null)))
    throw noSuchPath();
  if (subresource !== undefined && !(subresource === 'status' && row.hasStatus)) throw noSuchPath();
  const verb = verbOf(method, name !== null, query);
  if (subresource !== undefined && verb === 'delete') throw methodNotAllowed();
  // Of all namespaces at once objects can only be read, and namespaces are deleted one by one.
  const isWrite = verb === 'create' || verb === 'deletecollection';
  if (isWrite && row.isNamespaced && namespace === null) throw methodNotAllowed();
  if (verb === 'deletecollection' && row.kind === 'Namespace') throw methodNotAllowed();
  return { row, verb, namespace, name, isOfStatus: subresource === 'status' };
}

/** @throws ApiError 404 */
function groupOf(path: string): { readonly group: string; readonly rest: readonly string[] } {
  const [root, ...parts] = path
    .split('/')
    .slice(1)
    .map((part) => decodePart(part));
  if (root === 'api' && parts[0] === 'v1') return { group: '', rest: parts.slice(1) };
  if (root === 'apis' && parts[1] === 'v1') return { group: parts[0] ?? '', rest: parts.slice(2) };
  throw noSuchPath();
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuchPath();
  }
}

function verbOf(method: string, isNamed: boolean, query: URLSearchParams): ResourceRequest['verb'] {
  const watch = query.get('watch');
  switch (method) {
    case 'GET':
      if (isNamed) return 'get';
      return watch === 'true' || watch === '1' ? 'watch' : 'list';
    case 'POST':
      if (!isNamed) return 'create';
      break;
    case 'PUT':
      if (isNamed) return 'update';
      break;
    case 'PATCH':
      if (isNamed) return 'patch';
      break;
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      break;
  }
  throw methodNotAllowed();
}
