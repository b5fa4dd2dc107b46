import { type KindRow, KUBERNETES_KINDS, type KubernetesKind, type Resource } from '@app/kubernetes-source';
import type { FieldError } from '@app/platform';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Optional, QueryLimit } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { type FieldRequirement, matchesFields, parseFieldSelector, type SelectableField } from './field-selector.js';
import { matchesLabels, parseLabelSelector, SelectorError } from './label-selector.js';

const DEFAULT_LIMIT = 100;
const LONGEST_PAGE = 500;
const LONGEST_SELECTOR = 1_000;
const FREE_OBJECT = { type: 'object', additionalProperties: true } as const;

/** The name of a namespace. */
export const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Which resources a list is to hold, of a kind that stands in no namespace. */
export class ListClusterResourcesQuery implements Checked {
  @ApiPropertyOptional({
    description:
      'Labels, as kubectl takes them: `app=web`, `app!=web`, `app`, `!app`, `tier in (a,b)`, `tier notin (a)`; with commas, all of them.',
    example: 'app=web,tier in (front,back)',
  })
  @Optional()
  @IsQueryText({ max: LONGEST_SELECTOR })
  labelSelector?: string;

  @ApiPropertyOptional({
    description: 'Fields, by `=` or `!=`: `metadata.name`, and of what stands in a namespace `metadata.namespace`.',
    example: 'metadata.name=web-0',
  })
  @Optional()
  @IsQueryText({ max: LONGEST_SELECTOR })
  fieldSelector?: string;

  @QueryLimit(
    LONGEST_PAGE,
    DEFAULT_LIMIT,
    'A page of a selector may be shorter, even empty, and have a next one: so many resources are looked at for each.',
  )
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same selectors.' })
  @Optional()
  @IsQueryText({ min: 1, max: LONGEST_SELECTOR })
  cursor?: string;

  selectableFields(): readonly SelectableField[] {
    return ['metadata.name'];
  }

  violations(): readonly FieldError[] {
    return [
      ...violationsOf('labelSelector', () => parseLabelSelector(this.labelSelector ?? '')),
      ...violationsOf('fieldSelector', () => parseFieldSelector(this.fieldSelector ?? '', this.selectableFields())),
    ];
  }
}

/** The same of a kind that stands in namespaces. */
export class ListNamespacedResourcesQuery extends ListClusterResourcesQuery {
  @ApiPropertyOptional({ description: 'Only resources in this namespace.', example: 'default' })
  @Optional()
  @IsQueryText({ max: 63, form: { pattern: NAMESPACE, says: 'must be the name of a namespace' } })
  namespace?: string;

  override selectableFields(): readonly SelectableField[] {
    return ['metadata.name', 'metadata.namespace'];
  }
}

function violationsOf(name: string, parse: () => unknown): readonly FieldError[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof SelectorError) return [{ pointer: `?${name}`, detail: error.message }];
    throw error;
  }
}

/** What a list is asked for. */
export interface ResourceList {
  readonly namespace: string | null;
  /** The one name that it may hold; null for any. */
  readonly name: string | null;
  /** Null when everything in the namespace is wanted. */
  readonly matches: ((resource: Resource) => boolean) | null;
  readonly limit: number;
  readonly cursor: string | null;
}

export function toResourceList(query: ListClusterResourcesQuery & { readonly namespace?: string }): ResourceList {
  const labels = parseLabelSelector(query.labelSelector ?? '');
  const fields = parseFieldSelector(query.fieldSelector ?? '', query.selectableFields());
  const isOpen = labels.length === 0 && fields.length === 0;
  return {
    namespace: query.namespace ?? valueOf(fields, 'metadata.namespace'),
    name: valueOf(fields, 'metadata.name'),
    matches: isOpen ? null : (resource) => matchesFields(fields, resource) && matchesLabels(labels, resource.labels),
    limit: query.limit ?? DEFAULT_LIMIT,
    cursor: query.cursor ?? null,
  };
}

/** The first that it must be equal to. A second one that differs leaves nothing, and `matches` sees to that. */
function valueOf(fields: readonly FieldRequirement[], field: SelectableField): string | null {
  return fields.find((one) => one.field === field && one.isEqual)?.value ?? null;
}

@ApiSchema({ name: 'KubernetesMetadata' })
export class ResourceMetadataView {
  @ApiProperty({ example: 'web-0' })
  name!: string;

  @ApiPropertyOptional({ description: 'Absent for what stands in none.', example: 'default' })
  namespace?: string;

  @ApiProperty({ example: '6d1c7c2e-8a3f-4b55-9a51-0f2d7f1f2a10' })
  uid!: string;

  @ApiProperty({ description: 'Of the cluster, opaque.', example: '48211' })
  resourceVersion!: string;

  @ApiPropertyOptional({ format: 'date-time', example: '2026-03-01T09:00:00Z' })
  creationTimestamp?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' }, example: { app: 'web' } })
  labels?: Readonly<Record<string, string>>;
}

@ApiSchema({ name: 'KubernetesResource' })
export class ResourceView {
  @ApiProperty({ example: 'v1' })
  apiVersion!: string;

  @ApiProperty({ enum: KUBERNETES_KINDS, enumName: 'KubernetesKind', example: 'Pod' })
  kind!: KubernetesKind;

  @ApiProperty({ type: ResourceMetadataView })
  metadata!: ResourceMetadataView;

  @ApiPropertyOptional({ ...FREE_OBJECT, description: 'What is kept of it, in the words of the cluster.' })
  spec?: Readonly<Record<string, unknown>>;

  @ApiPropertyOptional({ ...FREE_OBJECT, description: 'What is kept of it, in the words of the cluster.' })
  status?: Readonly<Record<string, unknown>>;
}

@ApiSchema({ name: 'KubernetesResourcePage' })
export class ResourcePageView {
  @ApiProperty({ type: [ResourceView], description: 'By namespace and name.' })
  items!: readonly ResourceView[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Of all pages; null with a namespace or a selector, since nobody counts for one.',
    example: 1,
  })
  total!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;
}

/** The lists that a reader finds one kind under, such as `ConfigMaps`. */
export function pluralName({ kind, plural }: KindRow): string {
  return `${kind}${plural.slice(kind.length)}`;
}
