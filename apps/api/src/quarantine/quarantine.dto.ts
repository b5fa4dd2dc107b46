import {
  QUARANTINE_KINDS,
  QUARANTINE_MEANINGS,
  type QuarantineEntry,
  type QuarantineKind,
  type RetryOutcome,
} from '@app/redis';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Optional, QueryFlag, QueryLimit } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';

export const DEFAULT_LIMIT = 20;
/** Each may have 64 kB of text. */
const LONGEST_PAGE = 50;

const MOMENT = { format: 'date-time', example: '2026-03-01T09:00:00.000Z' } as const;
const MEANINGS = QUARANTINE_KINDS.map((kind) => `\`${kind}\`: ${QUARANTINE_MEANINGS[kind]}.`).join(' ');
const OUTCOMES = ['readable', 'unreadable', 'gone'] as const satisfies readonly RetryOutcome[];

export class ListQuarantineQuery {
  @ApiPropertyOptional({ enum: QUARANTINE_KINDS, enumName: 'QuarantineKind', description: 'Only things of this kind.' })
  @Optional()
  @IsIn(QUARANTINE_KINDS, { message: `must be one of ${QUARANTINE_KINDS.join(', ')}` })
  kind?: QuarantineKind;

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
      'True: the record itself is removed too, for ever, if it is damaged. List the instances at Novita before, to know which one it is of.',
    default: false,
  })
  withRecord?: boolean;
}

export class QuarantineEntryView {
  @ApiProperty({ example: 'record.0f1e2d3c4b5a69788796a5b4' })
  id!: string;

  @ApiProperty({ enum: QUARANTINE_KINDS, enumName: 'QuarantineKind', description: MEANINGS, example: 'record' })
  kind!: QuarantineKind;

  @ApiProperty({
    description:
      'Where it was found: the id of an instance, delivery or endpoint, a position in the feed, a file, a queue and a job.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  where!: string;

  @ApiProperty({ description: 'What is wrong with it; no value of it.', example: 'not JSON' })
  reason!: string;

  @ApiProperty({
    description:
      'As it is stored, the first 64 kB. Names of members, their numbers, ids, times and words of ours are shown; any other text is `***`, as it may be a secret.',
    example: '{"schema":6,"id":"ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE","name":"***","sta***',
  })
  text!: string;

  @ApiProperty(MOMENT)
  firstSeenAt!: string;

  @ApiProperty(MOMENT)
  lastSeenAt!: string;

  @ApiProperty({ description: 'How often any process met it.', example: 3 })
  count!: number;
}

export class QuarantinePageView {
  @ApiProperty({ type: [QuarantineEntryView] })
  entries!: QuarantineEntryView[];

  @ApiProperty({ description: 'Of all pages.', example: 1 })
  total!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;
}

export class QuarantineRetryAnswer {
  @ApiProperty({
    enum: OUTCOMES,
    enumName: 'QuarantineRetryOutcome',
    description:
      '`readable`: it was read and what it says is done, so it is not set aside any more. `unreadable`: it stays set aside. `gone`: it is not stored any more, and its entry is gone too.',
    example: 'readable',
  })
  outcome!: (typeof OUTCOMES)[number];
}

/** Member by member, so that nothing that a later release adds to one is shown by accident. */
export function renderEntry(entry: QuarantineEntry): QuarantineEntryView {
  const { id, kind, where, reason, text, firstSeenAt, lastSeenAt, count } = entry;
  return { id, kind, where, reason, text, firstSeenAt, lastSeenAt, count };
}

export const QUARANTINE_EXAMPLE: QuarantinePageView = {
  entries: [
    {
      id: 'record.0f1e2d3c4b5a69788796a5b4',
      kind: 'record',
      where: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      reason: 'not JSON',
      text: '{"schema":6,"id":"ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE","name":"***","sta***',
      firstSeenAt: '2026-03-01T09:00:00.000Z',
      lastSeenAt: '2026-03-01T09:12:30.000Z',
      count: 3,
    },
  ],
  total: 1,
  nextCursor: null,
};
