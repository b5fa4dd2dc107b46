import type { KubernetesKind, ResourceEvent, ResourceEventType } from '@app/kubernetes-source';
import { Clock, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { EventListener, ResumableEvents } from '../core/sse/resumable-events.js';
import { formatSseEvent, formatSseJson } from '../core/sse/sse-format.js';
import { ResourceReads } from './resource-reads.js';

export const RESOURCE_EVENT_TYPES = [
  'resource.added',
  'resource.modified',
  'resource.deleted',
] as const satisfies readonly ResourceEventType[];

const ALL = 'resource.*';

/** The types that a name of the filter stands for; none for what is no such name. */
export function resourceTypesNamed(name: string): readonly ResourceEventType[] {
  return name === ALL ? RESOURCE_EVENT_TYPES : RESOURCE_EVENT_TYPES.filter((type) => type === name);
}

/** Which changes of resources a reader wants. */
export interface ResourceFilter {
  readonly types: ReadonlySet<ResourceEventType>;
  /** Null for all. */
  readonly kinds: ReadonlySet<KubernetesKind> | null;
  /** Null for all, and for what stands in none. */
  readonly namespace: string | null;
}

interface ResourceReader {
  readonly filter: ResourceFilter;
  /** How the reader names its position after the event of this id. */
  readonly position: (id: string) => string;
  /** What a reader that begins is sent first; empty for one that begins anew, after the reset. */
  readonly greeting: (id: string) => string;
}

/** A process may know a change this much earlier than another one. */
const AHEAD_MS = 60_000;

/** The changes of the mirror, for each reader as it wants them. */
@Injectable()
export class ResourceEvents {
  /** All readers get the same events: what follows the id is made for the first of them. */
  private readonly texts = new WeakMap<ResourceEvent, string>();

  constructor(
    private readonly reads: ResourceReads,
    private readonly clock: Clock,
  ) {}

  /** Where a reader begins that names no event. @throws Problem `kubernetes-off`, `kubernetes-not-loaded` */
  knownId(): string {
    return this.reads.view().position();
  }

  /** @throws Problem `kubernetes-off`, `kubernetes-not-loaded` */
  for({ filter, position, greeting }: ResourceReader): ResumableEvents<ResourceEvent> {
    const view = this.reads.view();
    return {
      position,
      subscribe: (listener: EventListener<ResourceEvent>) => view.subscribe((events) => listener.events(events)),
      eventsAfter: (id, limit) => view.eventsAfter(id, limit),
      // This process may be behind the one that the reader comes from. An id of the far future is made up.
      latestId: async () => `${this.clock.now() + AHEAD_MS}-0`,
      knownId: () => view.position(),
      idOf: ({ id }) => id,
      wants: (event) => wants(filter, event),
      render: (events) =>
        events
          .map((event, index) => this.render(event, filter, events[index + 1]?.id === event.id ? null : position))
          .join(''),
      begin: () => {
        const id = view.position();
        position(id);
        return { text: greeting(id), id };
      },
      resume: () => '',
      // The lists that are read after it hold all that came before; later changes follow.
      reset: () => resetText(position(view.position()), this.clock.timestamp()),
      present: () => null,
    };
  }

  /** @param position null for all but the last of those that have one id: who is cut off among them has not got it yet */
  private render(event: ResourceEvent, filter: ResourceFilter, position: ResourceReader['position'] | null): string {
    const head = position === null ? '' : `id: ${position(event.id)}\n`;
    return wants(filter, event) ? `${head}${this.textOf(event)}` : '';
  }

  private textOf(event: ResourceEvent): string {
    let text = this.texts.get(event);
    if (text === undefined) {
      text = formatSseJson({ event: event.type, json: resourceEventJson(event) });
      this.texts.set(event, text);
    }
    return text;
  }
}

function wants({ types, kinds, namespace }: ResourceFilter, { type, resource }: ResourceEvent): boolean {
  if (!types.has(type) || kinds?.has(resource.kind) === false) return false;
  return namespace === null || resource.namespace === namespace;
}

/** The resource is JSON already. */
export function resourceEventJson({ id, type, at, resource }: ResourceEvent): string {
  const { kind, namespace, name, json } = resource;
  const head = JSON.stringify({ id, type, at, kind, ...(namespace !== null && { namespace }), name });
  return `${head.slice(0, -1)},"resource":${json}}`;
}

function resetText(id: string, at: Timestamp): string {
  const reason = 'changes of resources after the last one that was received are not kept any more';
  return formatSseEvent({ id, event: 'resources_reset', data: { type: 'resources_reset', at, reason } });
}
