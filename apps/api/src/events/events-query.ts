import { type FeedEntry, type FleetView, type InstanceId, isInstanceChange, isInstanceId } from '@app/instance-store';
import { KUBERNETES_KINDS, type KubernetesKind, type ResourceEventType } from '@app/kubernetes-source';
import { lifecycleProblems } from '@app/lifecycle';
import { type FieldError, Problem } from '@app/platform';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsIn, IsString } from 'class-validator';
import { Optional, splitList } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { LAST_EVENT_ID_QUERY } from '../core/sse/sse-format.js';
import { parseInstanceRef } from '../instances/read-instance.js';
import { RESOURCE_EVENT_TYPES, type ResourceFilter, resourceTypesNamed } from '../kubernetes/resource-events.js';
import { NAMESPACE } from '../kubernetes/resources.dto.js';
import { EVENT_FAMILIES, type EventType, hintForUnknownType, isInstanceType, typesNamed } from './event-types.js';

const MAX_TYPES = 50;
const MAX_FOLLOWED_INSTANCES = 100;

/** Which events are wanted. */
export class EventSelectionQuery implements Checked {
  @ApiPropertyOptional({
    type: String,
    description: `Any of the types, separated by commas, or all that begin alike: ${EVENT_FAMILIES.map((name) => `\`${name}\``).join(', ')}. Absent for all.`,
    example: 'instance.ready,instance.failed,sync.*',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @ArrayMaxSize(MAX_TYPES, { message: `must be at most ${MAX_TYPES} types` })
  @IsString({ each: true, message: 'must be types of events, separated by commas' })
  types?: string[];

  @ApiPropertyOptional({
    type: String,
    description: `Ids of instances, ours or Novita's, separated by commas, at most ${MAX_FOLLOWED_INSTANCES}: only events of these come.`,
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @ArrayMaxSize(MAX_FOLLOWED_INSTANCES, { message: `must be at most ${MAX_FOLLOWED_INSTANCES} ids` })
  @ArrayUnique({ message: 'must name each instance once' })
  @IsString({ each: true, message: 'must be ids of instances, separated by commas' })
  instance?: string[];

  violations(): readonly FieldError[] {
    const unknown = (this.types ?? []).flatMap((name, index) =>
      this.isKnown(name)
        ? []
        : [{ pointer: '?types', detail: `entry ${index + 1} is no type of event; ${this.hintFor(name)}` }],
    );
    if (unknown.length > 0) return unknown;
    const types = this.namedTypes();
    if (this.instance === undefined || types === null || [...types].some(isInstanceType)) return [];
    return [{ pointer: '?types', detail: 'leaves nothing to come: with `instance`, only events of instances do' }];
  }

  protected isKnown(name: string): boolean {
    return typesNamed(name) !== null;
  }

  protected hintFor(name: string): string {
    return hintForUnknownType(name);
  }

  /** Null for all. */
  namedTypes(): ReadonlySet<EventType> | null {
    return this.types === undefined ? null : new Set(this.types.flatMap((name) => typesNamed(name) ?? []));
  }
}

export class EventsQuery extends EventSelectionQuery {
  @ApiPropertyOptional({ ...LAST_EVENT_ID_QUERY })
  @Optional()
  @IsQueryText({ max: 100 })
  lastEventId?: string;

  @ApiPropertyOptional({
    type: String,
    description: `With \`types=resource.*\`: kinds of resources of the cluster, separated by commas: ${KUBERNETES_KINDS.join(', ')}.`,
    example: 'Pod,Node',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @IsIn(KUBERNETES_KINDS, { each: true, message: `must be any of ${KUBERNETES_KINDS.join(', ')}` })
  kind?: KubernetesKind[];

  @ApiPropertyOptional({
    description: 'With `types=resource.*`: only resources in this namespace of the cluster.',
    example: 'default',
  })
  @Optional()
  @IsQueryText({ max: 63, form: { pattern: NAMESPACE, says: 'must be the name of a namespace' } })
  namespace?: string;

  /** None unless they are asked for: most readers want the instances alone. */
  resourceTypes(): ReadonlySet<ResourceEventType> {
    return new Set((this.types ?? []).flatMap((name) => resourceTypesNamed(name)));
  }

  /** Whether any event is wanted that is about no resource. */
  wantsFleet(): boolean {
    return this.namedTypes()?.size !== 0;
  }

  /** Null when no event of a resource is wanted. */
  resourceFilter(): ResourceFilter | null {
    const types = this.resourceTypes();
    if (types.size === 0) return null;
    return { types, kinds: this.kind === undefined ? null : new Set(this.kind), namespace: this.namespace ?? null };
  }

  override violations(): readonly FieldError[] {
    const violations = super.violations();
    if (violations.length > 0 || this.resourceTypes().size > 0) return violations;
    return (['kind', 'namespace'] as const)
      .filter((name) => this[name] !== undefined)
      .map((name) => ({
        pointer: `?${name}`,
        detail: 'narrows events of resources, which come with types=resource.*',
      }));
  }

  protected override isKnown(name: string): boolean {
    return super.isKnown(name) || resourceTypesNamed(name).length > 0;
  }

  protected override hintFor(name: string): string {
    return name.startsWith('resource')
      ? `those of resource.* are ${RESOURCE_EVENT_TYPES.join(', ')}`
      : super.hintFor(name);
  }
}

/** Which events one reader wants. */
export class EventFilter {
  /** Whether it leaves nothing out. */
  readonly isOpen: boolean;
  /** Whether it lets any event of an instance through. */
  readonly takesInstances: boolean;

  /**
   * @param types null for all
   * @param instances only events of these; null for all events
   */
  constructor(
    private readonly types: ReadonlySet<EventType> | null,
    readonly instances: ReadonlySet<InstanceId> | null,
  ) {
    this.isOpen = types === null && instances === null;
    this.takesInstances = types === null || [...types].some(isInstanceType);
  }

  wants(entry: FeedEntry): boolean {
    if (this.types !== null && !this.types.has(entry.type)) return false;
    return this.instances === null || (isInstanceChange(entry) && this.instances.has(entry.instanceId));
  }
}

/**
 * The instances that a reader names, by our ids.
 *
 * @param names of either kind
 * @param mayBeGone lets ids of ours pass that have no record any more: a reader that goes on where it was is still to be
 * informed of the removal
 * @throws Problem `instance-not-found`, StoreUnavailableError
 */
export async function followedInstances(
  fleet: FleetView,
  names: readonly string[],
  mayBeGone: boolean,
): Promise<ReadonlySet<InstanceId>> {
  const refs = names.map(parseInstanceRef);
  const ours = refs.filter((ref) => isInstanceId(ref));
  const found = await Promise.all(refs.map(async (ref) => (mayBeGone && isInstanceId(ref) ? null : fleet.get(ref))));
  const ids = new Map<string, InstanceId>();
  for (const read of found) {
    if (read === null) continue;
    const { id, novitaInstanceId } = read.record;
    ids.set(id, id);
    if (novitaInstanceId !== null) ids.set(novitaInstanceId, id);
  }
  if (mayBeGone) for (const id of ours) ids.set(id, id);
  const errors: FieldError[] = refs.flatMap((ref, index) =>
    ids.has(ref) ? [] : [{ pointer: '?instance', detail: `entry ${index + 1} is the id of no instance` }],
  );
  if (errors.length > 0) {
    throw new Problem(lifecycleProblems['instance-not-found'], {
      detail: `There is no instance with ${errors.length === 1 ? 'this id' : `${errors.length} of these ids`}.`,
      errors,
    });
  }
  return new Set(refs.flatMap((ref) => ids.get(ref) ?? []));
}
