import { QUARANTINE_KINDS, type QuarantineEntry, type QuarantineKind, type RetryOutcome } from '@app/redis';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional, QueryFlag, QueryLimit } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';

export const DEFAULT_LIMIT = 50;
const LONGEST_PAGE = 200;

const MOMENT = { format: 'date-time', example: '2026-03-01T09:00:00.000Z' } as const;
/** `forgotten`: a thing of this kind is not read twice, so only its entry was removed. */
const OUTCOMES = ['readable', 'unreadable', 'gone', 'forgotten'] as const satisfies readonly (
  | RetryOutcome
  | 'forgotten'
)[];

export class ListQuarantineQuery {
  @QueryLimit(LONGEST_PAGE, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @Optional()
  @IsQueryText({ min: 1, max: 100 })
  cursor?: string;
}

export class DiscardQuery {
  @QueryFlag({
    description:
      'True: somebody has listed the instances at Novita, and knows which one this record is of. Needed for records only.',
    default: false,
  })
  novitaListed?: boolean;
}

export class QuarantineEntryView {
  @ApiProperty({ example: 'q_0f1e2d3c4b5a69788796a5b4' })
  id!: string;

  @ApiProperty({
    enum: QUARANTINE_KINDS,
    enumName: 'QuarantineKind',
    description: '`record-newer`: the record is whole; a later release wrote it, and can read it.',
    example: 'record',
  })
  kind!: QuarantineKind;

  @ApiProperty({
    description: 'Names it where it is stored: the id of an instance or endpoint, a position in the feed, a file.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  key!: string;

  @ApiProperty({ description: 'What is wrong with it; no value of it.', example: 'not JSON' })
  reason!: string;

  @ApiProperty(MOMENT)
  firstSeenAt!: string;

  @ApiProperty(MOMENT)
  lastSeenAt!: string;

  @ApiProperty({ description: 'How often any process met it.', example: 3 })
  timesSeen!: number;
}

export class QuarantinePageView {
  @ApiProperty({ type: [QuarantineEntryView] })
  entries!: QuarantineEntryView[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;
}

export class QuarantineRetryAnswer {
  @ApiProperty({
    enum: OUTCOMES,
    enumName: 'QuarantineRetryOutcome',
    description:
      '`readable`: every process reads it again, and it is not set aside any more. `unreadable`: it stays set aside. `gone`: it is not stored any more. `forgotten`: things of this kind are not read twice; should it be met again, it is set aside again.',
    example: 'readable',
  })
  outcome!: (typeof OUTCOMES)[number];
}

/** Entry by entry, so that nothing that a later release adds to one is shown by accident. */
export function renderEntry({
  id,
  kind,
  key,
  reason,
  firstSeenAt,
  lastSeenAt,
  timesSeen,
}: QuarantineEntry): QuarantineEntryView {
  return { id, kind, key, reason, firstSeenAt, lastSeenAt, timesSeen };
}

export const QUARANTINE_EXAMPLE: QuarantinePageView = {
  entries: [
    {
      id: 'q_0f1e2d3c4b5a69788796a5b4',
      kind: 'record',
      key: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      reason: 'not JSON',
      firstSeenAt: '2026-03-01T09:00:00.000Z',
      lastSeenAt: '2026-03-01T09:12:30.000Z',
      timesSeen: 3,
    },
  ],
  total: 1,
  nextCursor: null,
};
