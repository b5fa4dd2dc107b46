import { BILLING_MODES, type BillingMode } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { QueryFlag } from '../core/http/input-members.js';
import { InstanceView } from './instance-view.dto.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

export class ComprehensiveQuery {
  @QueryFlag({
    description: 'Bring the records in line with Novita first; needs the role operator. Joins a sync under way.',
    default: false,
  })
  syncLocalState?: boolean;

  @QueryFlag({
    description: 'Whether instances are shown that are at Novita and not managed here.',
    default: true,
  })
  includeNovitaOnly?: boolean;
}

/** An instance as Novita lists it. */
export class ListedView {
  @ApiProperty({ example: '5f2c8d1e9a7b4c30' })
  id!: string;

  @ApiProperty({ description: 'Its name there, marker included.', example: 'llama-inference-nfk3v9x8y9zabcde' })
  name!: string;

  @ApiProperty({ description: "Novita's own word.", example: 'running' })
  status!: string;

  @ApiPropertyOptional({ description: 'What Novita says went wrong.' })
  statusError?: string;

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  region?: string;

  @ApiPropertyOptional({ example: '4090.16c62g.os' })
  productId?: string;

  @ApiPropertyOptional({ example: 'RTX 4090 24GB' })
  productName?: string;

  @ApiPropertyOptional({ example: 1 })
  gpuNum?: number;

  @ApiPropertyOptional({ enum: BILLING_MODES, example: 'onDemand' })
  billingMode?: BillingMode;

  @ApiPropertyOptional({ description: 'USD, when Novita names it.', example: 0.35 })
  pricePerHour?: number;

  @ApiPropertyOptional({ description: 'running, notified, reclaiming or terminated; of spot instances only.' })
  spotStatus?: string;

  @ApiPropertyOptional({ ...MOMENT })
  createdAt?: string;

  @ApiPropertyOptional({ ...MOMENT })
  startedAt?: string;

  @ApiPropertyOptional({ ...MOMENT })
  stoppedAt?: string;
}

/**
 * `both`: managed here and listed by Novita. `local-only`: a record whose instance is not listed. `novita-only`: listed, and
 * nothing here manages it, whether or not the sync has written a record of it.
 */
export type Presence = 'both' | 'local-only' | 'novita-only';

class MergedPart {
  @ApiProperty({
    enum: ['both', 'local-only', 'novita-only'],
    description:
      '`both`: managed here and listed by Novita. `local-only`: a record that Novita does not list. `novita-only`: listed, and not managed here.',
    example: 'both',
  })
  presence!: Presence;

  @ApiPropertyOptional({ type: ListedView, description: 'What Novita lists of it; absent when it does not.' })
  novita?: ListedView;
}

/** An instance of ours with what Novita lists; for one without a record only what is in `novita`. */
export class ComprehensiveInstanceView extends IntersectionType(PartialType(InstanceView), MergedPart) {}

export class ListingView {
  @ApiProperty({ description: 'Whether it proves that what it lacks is absent.', example: true })
  clean!: boolean;

  @ApiPropertyOptional({
    description: 'Why it is not clean.',
    example: 'the total changed from 101 to 100 between pages',
  })
  reason?: string;

  @ApiProperty({ ...MOMENT, description: 'When Novita was asked.' })
  startedAt!: string;
}

export class ComprehensiveOptionsView {
  @ApiProperty({ example: false })
  syncLocalState!: boolean;

  @ApiProperty({ example: true })
  includeNovitaOnly!: boolean;
}

export class ComprehensiveSyncView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({
    enum: ['completed', 'failed', 'running'],
    description: '`running`: it goes on, and the records are as it has left them so far.',
    example: 'completed',
  })
  status!: 'completed' | 'failed' | 'running';

  @ApiPropertyOptional({ example: 'Novita answered 500 (templates)' })
  error?: string;
}

export class ComprehensiveData {
  @ApiProperty({ type: [ComprehensiveInstanceView] })
  instances!: ComprehensiveInstanceView[];

  @ApiProperty({ description: 'How many are shown.', example: 1 })
  totalInstances!: number;

  @ApiProperty({ description: 'Instances that Novita lists.', example: 1 })
  novitaInstances!: number;

  @ApiProperty({ description: 'Records, those of instances made elsewhere left out.', example: 1 })
  localInstances!: number;

  @ApiProperty({ description: 'Those that are in both.', example: 1 })
  mergedInstances!: number;

  @ApiProperty({ description: 'Records that Novita does not list.', example: 0 })
  localOnlyInstances!: number;

  @ApiProperty({ description: 'Listed and not managed here, also when they are not shown.', example: 0 })
  novitaOnlyInstances!: number;

  @ApiProperty({ type: ListingView })
  listing!: ListingView;

  @ApiPropertyOptional({ type: ComprehensiveSyncView, description: 'With `syncLocalState`.' })
  sync?: ComprehensiveSyncView;

  @ApiProperty({ type: ComprehensiveOptionsView })
  options!: ComprehensiveOptionsView;

  @ApiProperty({ description: 'Milliseconds.', example: 412 })
  duration!: number;

  @ApiProperty({ ...MOMENT })
  timestamp!: string;
}

export class ComprehensiveAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: '1 instance shown; 1 in both, 0 only here, 0 only at Novita' })
  message!: string;

  @ApiProperty({ type: ComprehensiveData })
  data!: ComprehensiveData;
}
