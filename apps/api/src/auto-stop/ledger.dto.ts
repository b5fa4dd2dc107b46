import { LEDGER_KINDS, type LedgerKind } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../http/query-limit.decorator.js';

/** So many entries are kept of each instance. */
export const KEPT_ENTRIES = 200;

export class LedgerQuery {
  @QueryLimit(KEPT_ENTRIES, KEPT_ENTRIES)
  limit?: number;
}

export class LedgerEntryView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:20:00.000Z' })
  at!: string;

  @ApiProperty({ enum: LEDGER_KINDS, example: 'wish' })
  kind!: LedgerKind;

  @ApiProperty({ description: '`user:<name of the key>` or a part of the system.', example: 'auto-stop' })
  by!: string;

  @ApiPropertyOptional({ description: 'Of `status` and `wish`: what it was before.', example: 'running' })
  from?: string;

  @ApiPropertyOptional({ description: 'Of `status` and `wish`: what it is since.', example: 'stopped' })
  to?: string;

  @ApiProperty({ description: 'In words, with the signs that it rests on.', example: 'Unused for 20 minutes.' })
  reason!: string;
}

export class LedgerView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ type: [LedgerEntryView], description: `The latest first; the last ${KEPT_ENTRIES} are kept.` })
  entries!: LedgerEntryView[];
}
