import { LONGEST_LEASE_MS } from '@app/auto-stop';
import { type FieldError, MINUTE_MS, parseTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from '../core/http/input-members.js';
import { Follows, IsInstant, notOfType } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';

// How long a lease may be here is the library's to say.
export const MAX_LEASE_MINUTES = LONGEST_LEASE_MS / MINUTE_MS;
const A_NUMBER_OF_MINUTES = `a number of minutes, more than 0 and at most ${MAX_LEASE_MINUTES}`;
const A_REASON = 'one line of 1 to 200 characters that shows others why the instance is kept';

/** What is wrong with the reason of a lease; null for nothing. */
export function reasonViolation(value: unknown): string | null {
  if (typeof value !== 'string') return notOfType(value, A_REASON);
  return /^(?=.*\S)[^\p{Cc}\u2028\u2029]{1,200}$/u.test(value) ? null : `must be ${A_REASON}`;
}

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
    maximum: MAX_LEASE_MINUTES,
    example: 240,
  })
  @Optional()
  @Follows((value) => {
    if (typeof value !== 'number') return notOfType(value, A_NUMBER_OF_MINUTES);
    return value > 0 && value <= MAX_LEASE_MINUTES ? null : `must be ${A_NUMBER_OF_MINUTES}`;
  })
  minutes?: number;

  @ApiProperty({
    description: 'What it is busy with: shown where somebody asks why it is kept.',
    minLength: 1,
    maxLength: 200,
    example: 'training run 42',
  })
  @Follows(reasonViolation)
  reason!: string;

  violations(): readonly FieldError[] {
    return leaseEndViolations(this);
  }
}

/** A lease has one end, said in one way. */
export function leaseEndViolations({ until, minutes }: Pick<LeaseInput, 'until' | 'minutes'>): readonly FieldError[] {
  if (until === undefined && minutes === undefined) {
    return [{ pointer: '', detail: 'must hold either until or minutes' }];
  }
  if (until !== undefined && minutes !== undefined) {
    return [{ pointer: '/minutes', detail: 'must be left out where until is given' }];
  }
  return [];
}

/** Until when the valid input asks for. */
export function leaseEnd({ until, minutes = 0 }: Pick<LeaseInput, 'until' | 'minutes'>, nowMs: number): Timestamp {
  return parseTimestamp(until) ?? timestampFromMs(nowMs + minutes * MINUTE_MS);
}
