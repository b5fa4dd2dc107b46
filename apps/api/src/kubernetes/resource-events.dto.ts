import { KUBERNETES_KINDS, type KubernetesKind, type ResourceEventType } from '@app/kubernetes-source';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { RESOURCE_EVENT_TYPES } from './resource-events.js';
import { ResourceView } from './resources.dto.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

/** A change of a resource in the mirror of the cluster. */
@ApiSchema({ name: 'ResourceEvent' })
export class ResourceEventView {
  @ApiProperty({
    description: 'Its position among the changes of resources, the same in every process; a part of the `id:`.',
    example: '1772359201000-0',
  })
  id!: string;

  @ApiProperty({ enum: RESOURCE_EVENT_TYPES, example: 'resource.modified' })
  type!: ResourceEventType;

  @ApiProperty({ ...MOMENT, description: 'When the mirror learned of it.' })
  at!: string;

  @ApiProperty({ enum: KUBERNETES_KINDS, enumName: 'KubernetesKind', example: 'Pod' })
  kind!: KubernetesKind;

  @ApiPropertyOptional({ description: 'Absent for what stands in none.', example: 'default' })
  namespace?: string;

  @ApiProperty({ example: 'trainer-0' })
  name!: string;

  @ApiProperty({ type: ResourceView, description: 'After the change; of a deleted one, as it was last known.' })
  resource!: ResourceView;
}

/** The changes of resources after the one that was named are not kept any more. */
@ApiSchema({ name: 'ResourcesResetEvent' })
export class ResourcesResetEventView {
  @ApiProperty({ enum: ['resources_reset'] })
  type!: 'resources_reset';

  @ApiProperty({ ...MOMENT })
  at!: string;

  @ApiProperty({ example: 'changes of resources after the last one that was received are not kept any more' })
  reason!: string;
}

/** The name of the schema of each event of the stream that is about resources. */
export const RESOURCE_STREAM_SCHEMAS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RESOURCE_EVENT_TYPES.map((type) => [type, 'ResourceEvent'])),
  // biome-ignore lint/style/useNamingConvention: it is the type of an event
  resources_reset: 'ResourcesResetEvent',
};
