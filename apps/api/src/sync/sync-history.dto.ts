import { SYNC_TRIGGERS, type SyncTrigger } from '@app/jobs';
import { SYNC_KINDS, type SyncKind } from '@app/sync';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../http/query-limit.decorator.js';
import { ResourceStatusView } from './sync-status.dto.js';

export const KEPT_RUNS = 100;

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

export class SyncHistoryQuery {
  @QueryLimit(KEPT_RUNS, KEPT_RUNS)
  limit?: number;
}

export class SyncChangesView {
  @ApiProperty({ example: 1 })
  updated!: number;

  @ApiProperty({ example: 0 })
  created!: number;

  @ApiProperty({ example: 0 })
  adopted!: number;

  @ApiProperty({ example: 0 })
  removed!: number;

  @ApiProperty({ example: 0 })
  markedTerminated!: number;

  @ApiProperty({ example: 0 })
  leftMissing!: number;
}

export class SyncRunView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({ enum: SYNC_TRIGGERS, example: 'schedule' })
  trigger!: SyncTrigger;

  @ApiProperty({ description: '`sync`, or `user:<name of the key>`.', example: 'sync' })
  requestedBy!: string;

  @ApiProperty({ enum: ['completed', 'failed'], example: 'completed' })
  outcome!: 'completed' | 'failed';

  @ApiPropertyOptional({
    description: 'Names the kinds that failed and why.',
    example: 'templates: Novita answered 500',
  })
  error?: string;

  @ApiProperty({ ...MOMENT })
  startTime!: string;

  @ApiProperty({ ...MOMENT })
  endTime!: string;

  @ApiProperty({ description: 'Milliseconds.', example: 5234 })
  duration!: number;

  @ApiProperty({ type: SyncChangesView })
  changes!: SyncChangesView;

  @ApiPropertyOptional({ description: 'Absent when they were not listed to the end.', example: 120 })
  novitaInstances?: number;

  @ApiProperty({ description: 'Whether the brake held its listing back.', example: false })
  held!: boolean;

  @ApiProperty({
    enum: SYNC_KINDS,
    enumName: 'SyncKind',
    isArray: true,
    description: 'The kinds that failed.',
    example: [],
  })
  failedResources!: SyncKind[];

  @ApiProperty({ type: [ResourceStatusView] })
  resourceStatus!: ResourceStatusView[];
}

export class SyncHistoryView {
  @ApiProperty({ type: [SyncRunView], description: 'The latest first.' })
  runs!: SyncRunView[];

  @ApiProperty({ description: 'Runs that are kept; at most 100. The averages are over all of them.', example: 1 })
  count!: number;

  @ApiPropertyOptional({ description: 'Of the runs that completed; absent when none did.', example: 5234 })
  averageDurationMs?: number;

  @ApiPropertyOptional({ description: 'The part that failed, 0 to 1; absent when there were no runs.', example: 0 })
  failureRate?: number;
}
