import {
  KINDS,
  type KindFreshness,
  type KindRow,
  type KubernetesKind,
  KubernetesView,
  type Resource,
  type ResourceKey,
  resourceKey,
} from '@app/kubernetes-source';
import { Problem, validationFailed } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { pluralName, type ResourceList } from './resources.dto.js';

/** Loading takes some seconds, a first list of a large cluster longer. */
const LOADING_RETRY_SECONDS = 2;
const LISTING_RETRY_SECONDS = 10;

interface ResourcesRead {
  readonly items: readonly Resource[];
  /** Null where nobody counts. */
  readonly total: number | null;
  readonly nextCursor: string | null;
  readonly freshness: KindFreshness;
}

/** The mirrored resources as requests ask for them. Nothing here costs a round trip. */
@Injectable()
export class ResourceReads {
  constructor(@Inject(KubernetesView) private readonly source: KubernetesView | null) {}

  /** @throws Problem `kubernetes-off`, `kubernetes-not-loaded` */
  view(): KubernetesView {
    if (this.source === null) {
      throw new Problem(API_PROBLEMS['kubernetes-off'], { detail: 'Kubernetes is not a source of this installation.' });
    }
    if (!this.source.isLoaded()) {
      throw new Problem(API_PROBLEMS['kubernetes-not-loaded'], {
        detail: 'This process is still loading the resources of the cluster.',
        retryAfterSeconds: LOADING_RETRY_SECONDS,
      });
    }
    return this.source;
  }

  /** @throws Problem `kubernetes-off`, `kubernetes-not-loaded`, `validation-failed` for a cursor of another list */
  list(kind: KubernetesKind, { namespace, name, matches, limit, cursor }: ResourceList): ResourcesRead {
    const row = KINDS[kind];
    const { view, freshness } = this.known(row);
    const after = cursor === null ? null : keyOfCursor(row, cursor);
    if (name !== null && (namespace !== null || !row.isNamespaced)) {
      const found = view.get(kind, resourceKey(row.isNamespaced ? namespace : null, name));
      const items = found !== null && after === null && matches?.(found) !== false ? [found] : [];
      return { items, total: null, nextCursor: null, freshness };
    }
    const { items, next } = view.page(kind, { namespace, matches, after, limit });
    const isWhole = namespace === null && matches === null;
    return {
      items,
      total: isWhole ? freshness.count : null,
      nextCursor: next === null ? null : cursorOf(row, next),
      freshness,
    };
  }

  /** @throws Problem `kubernetes-off`, `kubernetes-not-loaded`, `resource-not-found` */
  get(
    kind: KubernetesKind,
    namespace: string | null,
    name: string,
  ): { readonly resource: Resource; readonly freshness: KindFreshness } {
    const { view, freshness } = this.known(KINDS[kind]);
    const resource = view.get(kind, resourceKey(namespace, name));
    if (resource === null) {
      const where = namespace === null ? 'in the cluster' : 'in this namespace';
      throw new Problem(API_PROBLEMS['resource-not-found'], { detail: `There is no ${kind} of this name ${where}.` });
    }
    return { resource, freshness };
  }

  /** What was never read is not there to be counted or missed. */
  private known(row: KindRow): { readonly view: KubernetesView; readonly freshness: KindFreshness } {
    const view = this.view();
    const freshness = view.freshness(row.kind);
    if (freshness.asOf === null) {
      const why = freshness.error === null ? '' : `: ${freshness.error}`;
      throw new Problem(API_PROBLEMS['kubernetes-not-loaded'], {
        detail: `${pluralName(row)} have not been read from the cluster yet${why}.`,
        retryAfterSeconds: LISTING_RETRY_SECONDS,
      });
    }
    return { view, freshness };
  }
}

/** Says as of when the resources are known, and whether the cluster cannot be followed since. */
export function dateResources(reply: FastifyReply, { asOf, isStale }: KindFreshness): void {
  if (asOf !== null) reply.header('x-data-as-of', asOf);
  if (isStale) reply.header('x-data-stale', 'true');
}

/** Opaque to clients, and of one kind alone. */
function cursorOf({ plural }: KindRow, key: ResourceKey): string {
  return Buffer.from(`${plural} ${key}`).toString('base64url');
}

function keyOfCursor({ plural }: KindRow, cursor: string): ResourceKey {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith(`${plural} `)) {
    throw validationFailed([{ pointer: '?cursor', detail: 'is not a nextCursor of this list' }]);
  }
  return text.slice(plural.length + 1) as ResourceKey;
}
