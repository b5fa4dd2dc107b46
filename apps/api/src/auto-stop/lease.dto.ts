import type { FieldError, Timestamp } from '@app/platform';
import { parseTimestamp, timestampFromMs } from '@app/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Checked } from '../http/checked.js';
import { Follows, IsInstant } from '../http/input-rules.js';
import { Optional } from '../http/optional.decorator.js';

const MINUTE_MS = 60_000;
// AUTO_STOP_MAX_LEASE can be no longer; how long a lease may be here is the library's to say.
const MAX_MINUTES = 43_200;
const IS_MINUTES = `must be a number of minutes, more than 0 and at most ${MAX_MINUTES}`;

export class LeaseInput implements Checked {
  @ApiPropertyOptional({
    description: 'Until when it is busy, with Z or an offset; either this or `minutes`.',
    format: 'date-time',
    example: '2026-03-01T18:00:00Z',
  })
  @Optional()
  @IsInstant()
  until?: string;

  @ApiPropertyOptional({
    description: 'For how long from now it is busy, fractions allowed; either this or `until`.',
    maximum: MAX_MINUTES,
    example: 240,
  })
  @Optional()
  @Follows((value) => {
    if (typeof value !== 'number') return typeof value === 'string' ? `${IS_MINUTES}, not text` : IS_MINUTES;
    return value > 0 && value <= MAX_MINUTES ? null : IS_MINUTES;
  })
  minutes?: number;

  @ApiProperty({
    description: 'What it is busy with: shown to whoever asks why it is kept.',
    minLength: 1,
    maxLength: 200,
    example: 'training run 42',
  })
  @Follows((value) =>
    typeof value === 'string' && /^(?=.*\S)[^\p{Cc}\u2028\u2029]{1,200}$/u.test(value)
      ? null
      : 'must be given, in one line of 1 to 200 characters: a lease tells others why the instance is kept',
  )
  reason!: string;

  faults(): readonly FieldError[] {
    if (this.until === undefined && this.minutes === undefined) {
      return [{ pointer: '', detail: 'give either until or minutes' }];
    }
    if (this.until !== undefined && this.minutes !== undefined) {
      return [{ pointer: '/minutes', detail: 'give either until or minutes, not both' }];
    }
    return [];
  }
}

/** Until when the valid input asks for. */
export function leaseEnd({ until, minutes = 0 }: LeaseInput, nowMs: number): Timestamp {
  return parseTimestamp(until) ?? timestampFromMs(nowMs + minutes * MINUTE_MS);
}
