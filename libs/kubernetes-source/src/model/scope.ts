import { KINDS, type KindRow, type KubernetesKind } from './kinds.js';
import type { ResourceKey } from './resource.js';

/** Where in the cluster the objects of a kind are looked for: one reflector reads each scope. */
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

/**
 * The scopes that together are all that is to be mirrored of a kind. Nodes belong to no namespace, so that all of them
 * are; of the namespaces themselves those that are mirrored.
 */
export function scopesOf(row: KindRow, { included, excluded }: NamespaceSelection): readonly Scope[] {
  const isSelected = row.isNamespaced || row.kind === 'Namespace';
  if (!isSelected) return [{ kind: 'cluster' }];
  if (included.length > 0) return Array.from(new Set(included), (namespace) => ({ kind: 'namespace', namespace }));
  return [excluded.length > 0 ? { kind: 'all-but', namespaces: excluded } : { kind: 'cluster' }];
}

/** Whether the object of that key is looked for in that scope. */
export function isInScope(kind: KubernetesKind, key: ResourceKey, scope: Scope): boolean {
  switch (scope.kind) {
    case 'cluster':
      return true;
    case 'namespace':
      return namespaceOf(kind, key) === scope.namespace;
    case 'all-but':
      return !scope.namespaces.includes(namespaceOf(kind, key));
  }
}

/** Of a namespace itself its own name. */
function namespaceOf(kind: KubernetesKind, key: ResourceKey): string {
  return KINDS[kind].isNamespaced ? key.slice(0, key.indexOf('/')) : key;
}
