import { KINDS, type KubernetesKind } from './kinds.js';
import type { ResourceKey } from './resource.js';

/** Which objects of a kind one reflector reads. */
export interface Scope {
  /** One namespace; null for all of them, and for kinds that stand in none. */
  readonly namespace: string | null;
  /** Namespaces that are left out, where `namespace` is null. */
  readonly except: readonly string[];
}

export interface NamespaceChoice {
  /** Empty for all. */
  readonly include: readonly string[];
  /** Heeded only where none are named to be included. */
  readonly exclude: readonly string[];
}

const EVERYTHING: Scope = { namespace: null, except: [] };

/** The scopes in which a kind is read: each has a reflector of its own. */
export function scopesOf(kind: KubernetesKind, { include, exclude }: NamespaceChoice): readonly Scope[] {
  if (!KINDS[kind].isNamespaced) return [EVERYTHING];
  if (include.length > 0) return include.map((namespace) => ({ namespace, except: [] }));
  return [{ namespace: null, except: exclude }];
}

/** Whether the object of that key is read in that scope. */
export function isInScope(kind: KubernetesKind, key: ResourceKey, { namespace, except }: Scope): boolean {
  if (!KINDS[kind].isNamespaced) return true;
  const of = key.slice(0, key.indexOf('/'));
  return namespace === null ? !except.includes(of) : of === namespace;
}
