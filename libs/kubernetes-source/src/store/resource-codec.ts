import { isObject, parseJson, parseTimestamp } from '@app/platform';
import type { StreamEntry } from '@app/redis';
import { KINDS, type KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceKey } from '../model/resource.js';
import {
  type ClusterIdentity,
  type FeedEntry,
  type FreshnessByKind,
  kindNamed,
  type StoredFreshness,
  type StoredResource,
  versionOf,
} from './resource-store.js';

/** How resources, freshness and entries of the feed are written in Redis. Of the text of a resource each part is read alone. */

/** `<uid> <version>`, labels and projection, a line each: JSON on one line holds no line break. */
export function encodeResource(resource: Resource): string {
  return `${versionOf(resource)}\n${JSON.stringify(resource.labels)}\n${resource.json}`;
}

/** @returns null for a text that is damaged */
function decodeResource(kind: KubernetesKind, key: ResourceKey, text: string): Resource | null {
  const headEnd = text.indexOf('\n');
  const labelsEnd = text.indexOf('\n', headEnd + 1);
  if (headEnd === -1 || labelsEnd === -1) return null;
  const version = /^(\S+) \d+\.(\S+)$/.exec(text.slice(0, headEnd));
  const labels = parseJson(text.slice(headEnd + 1, labelsEnd));
  const [, uid, resourceVersion] = version ?? [];
  if (uid === undefined || resourceVersion === undefined || !isObject(labels)) return null;
  const slash = KINDS[kind].isNamespaced ? key.indexOf('/') : -1;
  return {
    kind,
    key,
    namespace: slash === -1 ? null : key.slice(0, slash),
    name: key.slice(slash + 1),
    uid,
    resourceVersion,
    // `encodeResource` wrote them.
    labels: labels as Record<string, string>,
    json: text.slice(labelsEnd + 1),
  };
}

/** @param text with the id of an entry before it, as the hash has it */
export function decodeStored(kind: KubernetesKind, key: ResourceKey, text: string): StoredResource | null {
  const end = text.indexOf(' ');
  const resource = end === -1 ? null : decodeResource(kind, key, text.slice(end + 1));
  return resource === null ? null : { resource, entryId: text.slice(0, end) };
}

/** Kinds that only another release knows, and what is damaged, are left out. */
export function decodeFreshness(byKind: Readonly<Record<string, unknown>>): FreshnessByKind {
  const known: Partial<Record<KubernetesKind, StoredFreshness>> = {};
  for (const [name, value] of Object.entries(byKind)) {
    const kind = kindNamed(name);
    if (kind === null || !isObject(value)) continue;
    const { asOf, error } = value;
    known[kind] = { asOf: parseTimestamp(asOf), error: typeof error === 'string' ? error : null };
  }
  return known;
}

/** @returns null for what is damaged or not there: then nobody knows */
export function decodeCluster(json: string): ClusterIdentity | null {
  const cluster = parseJson(json);
  if (!isObject(cluster) || typeof cluster['address'] !== 'string') return null;
  const { uid, address } = cluster;
  return { uid: typeof uid === 'string' ? uid : null, address };
}

/** @returns null for an entry that is damaged, or of a type or kind that only another release knows */
export function decodeEntry([entryId, list]: StreamEntry): FeedEntry | null {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] ?? '', list[i + 1] ?? '');
  const type = fields.get('type') ?? '';
  const kind = kindNamed(fields.get('kind'));
  switch (type) {
    case 'freshness': {
      const data = parseJson(fields.get('data') ?? '');
      return isObject(data) ? { type: 'freshness', entryId, freshness: decodeFreshness(data) } : null;
    }
    case 'reloaded':
      return kind === null ? null : { type: 'reloaded', entryId, kind };
    case 'resource.added':
    case 'resource.modified':
    case 'resource.deleted': {
      const key = fields.get('key') as ResourceKey | undefined;
      const at = parseTimestamp(fields.get('at'));
      if (kind === null || key === undefined || at === null) return null;
      const resource = decodeResource(kind, key, fields.get('value') ?? '');
      return { type: 'change', entryId, event: { type, at, kind, key, resource } };
    }
    default:
      return null;
  }
}
