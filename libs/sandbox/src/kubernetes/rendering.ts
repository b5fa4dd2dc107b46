import { notAcceptable, typeOf } from './api-status.js';
import type { FaceKindRow } from './kinds.js';
import type { ListPage } from './list-page.js';
import { type StoredObject, wholeObject } from './stored-object.js';
import { tableCells, tableColumns } from './tables.js';

/** In which of its forms an answer shows objects. */
export type Rendering =
  | { readonly as: 'object' }
  /** Only the metadata. */
  | { readonly as: 'metadata' }
  /** Printed, as kubectl asks for it. */
  | { readonly as: 'table'; readonly includeObject: 'None' | 'Metadata' | 'Object' };

const META = '"apiVersion":"meta.k8s.io/v1"';

/** @throws ApiError 406 when it accepts nothing that is there */
export function renderingFor(accept: string | undefined, query: URLSearchParams): Rendering {
  if (accept === undefined || accept.trim() === '') return { as: 'object' };
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const given = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]));
    const as = given.get('as');
    if (as === undefined) return { as: 'object' };
    if (given.get('g') !== 'meta.k8s.io' || given.get('v') !== 'v1') continue;
    if (as === 'table') return { as: 'table', includeObject: includeObjectOf(query.get('includeObject')) };
    if (as === 'partialobjectmetadata' || as === 'partialobjectmetadatalist') return { as: 'metadata' };
  }
  throw notAcceptable();
}

function includeObjectOf(text: string | null): 'None' | 'Metadata' | 'Object' {
  return text === 'None' || text === 'Object' ? text : 'Metadata';
}

/** One object that stands alone, in an answer or in an event. @param withColumns a watch says them once only */
export function renderObject(
  row: FaceKindRow,
  object: StoredObject,
  rendering: Rendering,
  now: number,
  withColumns = true,
): string {
  switch (rendering.as) {
    case 'object':
      return `{${typeOf(row)},"metadata":${object.metadata}${object.rest}}`;
    case 'metadata':
      return partialMetadata(object);
    case 'table': {
      const columns = withColumns ? JSON.stringify(tableColumns(row.kind)) : 'null';
      const metadata = `{"resourceVersion":"${object.version}"}`;
      const tableRow = renderRow(row, object, rendering.includeObject, now);
      return `{"kind":"Table",${META},"metadata":${metadata},"columnDefinitions":${columns},"rows":[${tableRow}]}`;
    }
  }
}

/** A list, in pieces: one of many objects is longer than a buffer shall be. */
export function* renderList(row: FaceKindRow, page: ListPage, rendering: Rendering, now: number): Generator<string> {
  const metadata = JSON.stringify({
    resourceVersion: String(page.version),
    ...(page.continue === null ? {} : { continue: page.continue }),
    ...(page.remaining === null ? {} : { remainingItemCount: page.remaining }),
  });
  let comma = '';
  switch (rendering.as) {
    // Objects in a list do not say their kind: the list does.
    case 'object':
      yield `{${typeOf(row).replace(`"${row.kind}"`, `"${row.kind}List"`)},"metadata":${metadata},"items":[`;
      for (const object of page.items) {
        yield `${comma}{"metadata":${object.metadata}${object.rest}}`;
        comma = ',';
      }
      break;
    case 'metadata':
      yield `{"kind":"PartialObjectMetadataList",${META},"metadata":${metadata},"items":[`;
      for (const object of page.items) {
        yield `${comma}${partialMetadata(object)}`;
        comma = ',';
      }
      break;
    case 'table':
      yield `{"kind":"Table",${META},"metadata":${metadata},"columnDefinitions":${JSON.stringify(tableColumns(row.kind))},"rows":[`;
      for (const object of page.items) {
        yield `${comma}${renderRow(row, object, rendering.includeObject, now)}`;
        comma = ',';
      }
      break;
  }
  yield ']}\n';
}

/** The mark of a version up to which a watch has shown everything. */
export function renderBookmark(
  row: FaceKindRow,
  version: number,
  rendering: Rendering,
  isEndOfInitial: boolean,
): string {
  const annotations = isEndOfInitial ? ',"annotations":{"k8s.io/initial-events-end":"true"}' : '';
  const type = rendering.as === 'metadata' ? `"kind":"PartialObjectMetadata",${META}` : typeOf(row);
  return `{${type},"metadata":{"resourceVersion":"${version}","creationTimestamp":null${annotations}}}`;
}

const partialMetadata = (object: StoredObject): string =>
  `{"kind":"PartialObjectMetadata",${META},"metadata":${object.metadata}}`;

function renderRow(
  row: FaceKindRow,
  object: StoredObject,
  include: 'None' | 'Metadata' | 'Object',
  now: number,
): string {
  const cells = JSON.stringify(tableCells(row.kind, wholeObject(object), now));
  switch (include) {
    case 'None':
      return `{"cells":${cells},"object":null}`;
    case 'Metadata':
      return `{"cells":${cells},"object":${partialMetadata(object)}}`;
    case 'Object':
      return `{"cells":${cells},"object":${renderObject(row, object, { as: 'object' }, now)}}`;
  }
}
