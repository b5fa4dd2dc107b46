import { INSTANCE_STATUSES, type InstanceStatus, LONGEST_PAGE } from '@app/instance-store';
import type { OrphanClass } from '@app/sync';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional, QueryFlag, QueryLimit } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';
import { ProductView } from '../instances/instance-view.dto.js';
import { UnknownView } from '../instances/unknown-fleet.js';

export const DEFAULT_LIMIT = 50;

const MOMENT = { format: 'date-time', example: '2026-03-01T09:00:00.000Z' } as const;

export class ListOrphansQuery {
  @QueryLimit(LONGEST_PAGE, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @Optional()
  @IsQueryText({ min: 1, max: 1000 })
  cursor?: string;

  @QueryFlag({ description: 'True: those that were set aside, instead of the others.', default: false })
  ignored?: boolean;
}

export class OrphanView {
  @ApiProperty({ example: '0a1b2c3d4e5f6071' })
  novitaInstanceId!: string;

  @ApiProperty({ description: 'Of our record, by which it can be read.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  id!: string;

  @ApiProperty({ description: 'Its name at Novita.', example: 'made-at-the-console' })
  name!: string;

  @ApiProperty({
    enum: ['ours-lost', 'foreign', 'unknown'],
    description:
      '`ours-lost`: carries the marker of this fleet, and no record owns it. `foreign`: carries the marker of another fleet. `unknown`: carries none.',
    example: 'unknown',
  })
  class!: OrphanClass;

  @ApiPropertyOptional({
    description: 'Our record that carries the same marker and keeps another instance.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDF',
  })
  markerHeldBy?: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiPropertyOptional({ description: "Novita's own word for the state.", example: 'running' })
  novitaStatus?: string;

  @ApiProperty({ type: ProductView })
  product!: ProductView;

  @ApiProperty({ example: 1 })
  gpuNum!: number;

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  region?: string;

  @ApiPropertyOptional({
    description: 'USD, for the whole instance while it runs; absent when nobody knows.',
    example: 0.35,
  })
  pricePerHour?: number;

  @ApiProperty({ ...MOMENT, description: 'When it was created at Novita.' })
  since!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Since when listings lack it; absent while they have it.' })
  missingSince?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it was set aside.' })
  ignoredAt?: string;

  @ApiPropertyOptional({ description: 'Who set it aside.', example: 'user:ci' })
  ignoredBy?: string;
}

export class OrphanPageView {
  @ApiProperty({ type: [OrphanView] })
  orphans!: OrphanView[];

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Present while no listing of Novita has completed; `total` and the sums are null then.',
  })
  unknown?: UnknownView;

  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  total!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'USD per hour of those on this page that may be charged at present; those without a known price left out.',
    example: 0.35,
  })
  usdPerHour!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'The same of all of them, whatever page they are on.',
    example: 0.35,
  })
  allUsdPerHour!: number | null;
}
