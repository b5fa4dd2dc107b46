import type { KindRow } from '../model/kinds.js';

/** Where in the cluster the objects of a kind are looked for. */
export type Scope =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'all-but'; readonly namespaces: readonly string[] };

/** Which namespaces are mirrored. */
export interface NamespaceSelection {
  /** Only these; empty for all. */
  readonly included: readonly string[];
  /** All but these, when none is included by name. */
  readonly excluded: readonly string[];
}

export interface ListQuery {
  /** Never without one: an apiserver answers a list without a limit as a whole. */
  readonly limit: number;
  /** Of the page before; null for the first page, which is of the latest version. */
  readonly continueToken: string | null;
}

export interface WatchQuery {
  /** Follows this version; null for a WatchList, which sends the full set first and marks its end. */
  readonly version: string | null;
  readonly timeoutSeconds: number;
}

/**
 * The scopes that together are all that is to be mirrored of a kind. Nodes belong to no namespace, so that all of them
 * are; of the namespaces themselves those that are mirrored.
 */
export function scopesOf(row: KindRow, { included, excluded }: NamespaceSelection): readonly Scope[] {
  const isBySelection = row.isNamespaced || row.kind === 'Namespace';
  if (!isBySelection) return [{ kind: 'cluster' }];
  if (included.length > 0) return Array.from(new Set(included), (namespace) => ({ kind: 'namespace', namespace }));
  return [excluded.length > 0 ? { kind: 'all-but', namespaces: excluded } : { kind: 'cluster' }];
}

/** Whether what stands in that namespace is mirrored. */
export function isSelected({ included, excluded }: NamespaceSelection, namespace: string): boolean {
  return included.length > 0 ? included.includes(namespace) : !excluded.includes(namespace);
}

/** Whether the scope holds anything in one of these namespaces; of none at all, whatever it holds. */
export function coversAny(row: KindRow, scope: Scope, namespaces: readonly string[]): boolean {
  if (namespaces.length === 0) return true;
  if (!row.isNamespaced) return false;
  switch (scope.kind) {
    case 'cluster':
      return true;
    case 'namespace':
      return namespaces.includes(scope.namespace);
    case 'all-but':
      return namespaces.some((namespace) => !scope.namespaces.includes(namespace));
  }
}

/** Path and query of a list, below the address of the apiserver. */
export function listPath(row: KindRow, scope: Scope, { limit, continueToken }: ListQuery): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (continueToken !== null) query.set('continue', continueToken);
  return pathOf(row, scope, query);
}

/** Path and query of a watch, below the address of the apiserver. */
export function watchPath(row: KindRow, scope: Scope, { version, timeoutSeconds }: WatchQuery): string {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(timeoutSeconds),
  });
  if (version === null) {
    query.set('sendInitialEvents', 'true');
    query.set('resourceVersionMatch', 'NotOlderThan');
  } else {
    query.set('resourceVersion', version);
  }
  return pathOf(row, scope, query);
}

/** The scope in a word or two, for log lines and errors. */
export function describeScope(row: KindRow, scope: Scope): string {
  switch (scope.kind) {
    case 'cluster':
      return row.plural;
    case 'namespace':
      return `${row.plural} of ${scope.namespace}`;
    case 'all-but':
      return `${row.plural} outside ${scope.namespaces.join(', ')}`;
  }
}

function pathOf(row: KindRow, scope: Scope, query: URLSearchParams): string {
  const root = row.group === '' ? `/api/${row.version}` : `/apis/${row.group}/${row.version}`;
  // Which namespace a namespace is, its name says.
  const field = row.isNamespaced ? 'metadata.namespace' : 'metadata.name';
  let folder = '';
  if (scope.kind === 'namespace' && row.isNamespaced) folder = `/namespaces/${encodeURIComponent(scope.namespace)}`;
  else if (scope.kind === 'namespace') query.set('fieldSelector', `${field}=${scope.namespace}`);
  else if (scope.kind === 'all-but') {
    query.set('fieldSelector', scope.namespaces.map((namespace) => `${field}!=${namespace}`).join(','));
  }
  return `${root}${folder}/${row.plural}?${query.toString()}`;
}
