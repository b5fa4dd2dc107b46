import { type InstanceAutoStop, LONGEST_HOLD_MS, LONGEST_LIFETIME_MS, LONGEST_THRESHOLD_MS } from '@app/instance-store';
import type { AutoStopChange, InstanceSettings } from '@app/lifecycle';
import { type FieldError, MINUTE_MS } from '@app/platform';
import { webhookUrlViolation } from '@app/webhooks';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateIf, ValidateNested } from 'class-validator';
import { present } from '../core/http/answer.js';
import { Nullable, Optional } from '../core/http/input-members.js';
import { Follows, IsFlag, IsObjectLike, notOfType } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';

const MAX_THRESHOLD_MINUTES = LONGEST_THRESHOLD_MS / MINUTE_MS;
const OFF_HINT = '; to switch auto-stop off, say enabled: false';

/**
 * What is wrong with an idle time in minutes; null for nothing. Zero and "off" are the two ways in which people say
 * "never" and would get "at once", so the answer to both names what to say instead.
 */
function thresholdViolation(value: unknown): string | null {
  if (typeof value !== 'number') return `${notOfType(value, 'a number of minutes')}${OFF_HINT}`;
  if (value <= 0) return `must be more than 0${OFF_HINT}`;
  if (value > MAX_THRESHOLD_MINUTES) return `must be at most ${MAX_THRESHOLD_MINUTES}`;
  return null;
}

function IsThresholdMinutes(): PropertyDecorator {
  return Follows(thresholdViolation);
}

const MAX_HOLD_MINUTES = LONGEST_HOLD_MS / MINUTE_MS;
const HOLD_DOCS = {
  description:
    'Minutes for which webhook endpoints may hold its stop or migration, fractions allowed; absent: STOP_HOLD_TIMEOUT.',
  example: 10,
  maximum: MAX_HOLD_MINUTES,
} as const;

function IsHoldMinutes(): PropertyDecorator {
  return Follows((value) => {
    if (typeof value !== 'number') return notOfType(value, 'a number of minutes');
    if (value <= 0) return 'must be more than 0';
    return value > MAX_HOLD_MINUTES ? `must be at most ${MAX_HOLD_MINUTES}` : null;
  });
}

const MAX_LIFETIME_MINUTES = LONGEST_LIFETIME_MS / MINUTE_MS;
export const LIFETIME_DOCS = {
  description:
    'Minutes from its creation to its end, fractions allowed. It is stopped then whatever its use: reports of use, leases and settings of auto-stop do not prolong it. Endpoints that hold stops may delay it by their time.',
  example: 480,
  maximum: MAX_LIFETIME_MINUTES,
} as const;

export function IsLifetimeMinutes(): PropertyDecorator {
  return Follows((value) => {
    if (typeof value !== 'number') return notOfType(value, 'a number of minutes');
    if (value <= 0) return 'must be more than 0';
    return value > MAX_LIFETIME_MINUTES ? `must be at most ${MAX_LIFETIME_MINUTES}` : null;
  });
}

export const AUTO_STOP_NOTE =
  'When it is stopped as idle; what is left out is as its template or the fleet says. `GET /instances/{id}/idle` shows what is in force.';
export const WEBHOOK_NOTE =
  'Gets every event of this instance, signed with WEBHOOK_SECRET. In production it begins with https://. Private and loopback addresses are refused unless WEBHOOK_ALLOW_PRIVATE_ADDRESSES is set.';

/**
 * Whatever the settings are; `WebhookUrls` has what depends on them. Addresses without a dot are allowed: a receiver inside
 * a cluster has a name like `hooks`.
 */
export function IsWebhookUrl(): PropertyDecorator {
  return Follows((value) => {
    if (typeof value !== 'string') return notOfType(value, 'an http or https address');
    return webhookUrlViolation(value, { allowPrivate: true, requireTls: false });
  });
}

const FALSE_IS_OFF = '; false switches auto-stop off';
const AUTO_STOP_EXAMPLE = '{"enabled": true, "thresholdMinutes": 20}';

/** With a new instance. */
export class AutoStopInput {
  @ApiPropertyOptional({ description: "Absent: as the fleet's default says.", example: true })
  @Optional()
  @IsFlag(FALSE_IS_OFF)
  enabled?: boolean;

  @ApiPropertyOptional({
    description: "Minutes without use, fractions allowed; absent: as the fleet's default says.",
    example: 20,
    maximum: MAX_THRESHOLD_MINUTES,
  })
  @Optional()
  @IsThresholdMinutes()
  thresholdMinutes?: number;

  @ApiPropertyOptional(HOLD_DOCS)
  @Optional()
  @IsHoldMinutes()
  holdMinutes?: number;
}

/** On an instance that is there: absent and null are different things. */
export class AutoStopChangeInput {
  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description: "Null: as the fleet's default says. Absent: as it was.",
    example: true,
  })
  @Nullable()
  @IsFlag(FALSE_IS_OFF)
  enabled?: boolean | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: "Minutes without use, fractions allowed. Null: as the fleet's default says. Absent: as it was.",
    example: 20,
    maximum: MAX_THRESHOLD_MINUTES,
  })
  @Nullable()
  @IsThresholdMinutes()
  thresholdMinutes?: number | null;

  @ApiPropertyOptional({
    ...HOLD_DOCS,
    type: Number,
    nullable: true,
    description:
      'Minutes for which webhook endpoints may hold its stop or migration, fractions allowed. Null: STOP_HOLD_TIMEOUT. Absent: as it was.',
  })
  @Nullable()
  @IsHoldMinutes()
  holdMinutes?: number | null;
}

/** What can be changed on an instance; a member left out stays as it is. */
export class InstanceSettingsInput implements Checked {
  @ApiPropertyOptional({ type: AutoStopChangeInput, description: AUTO_STOP_NOTE })
  // Null could mean "as the fleet's default says" or "as it was", which are different things.
  @ValidateIf((_object, value) => value !== undefined)
  @IsObjectLike(AUTO_STOP_EXAMPLE, "; for the fleet's default give its members as null")
  @ValidateNested()
  @Type(() => AutoStopChangeInput)
  autoStop?: AutoStopChangeInput;

  @ApiPropertyOptional({
    ...LIFETIME_DOCS,
    type: Number,
    nullable: true,
    description: `Null removes it; one that is over already ends it now. ${LIFETIME_DOCS.description}`,
  })
  @Nullable()
  @IsLifetimeMinutes()
  maxLifetimeMinutes?: number | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: `Null removes it. ${WEBHOOK_NOTE}`,
    example: 'https://hooks.example.com/fleet',
  })
  @Nullable()
  @IsWebhookUrl()
  webhookUrl?: string | null;

  violations(): readonly FieldError[] {
    const given = [this.autoStop, this.maxLifetimeMinutes, this.webhookUrl];
    if (given.some((member) => member !== undefined)) return [];
    return [{ pointer: '', detail: 'must hold autoStop, maxLifetimeMinutes or webhookUrl' }];
  }
}

export function toInstanceSettings(input: InstanceSettingsInput): InstanceSettings {
  const { autoStop, maxLifetimeMinutes, webhookUrl } = input;
  return {
    ...(autoStop !== undefined && { autoStop: toAutoStopChange(autoStop) }),
    ...(maxLifetimeMinutes !== undefined && { maxLifetimeMinutes }),
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

/** Null stays null here: it asks for something. */
export function toAutoStopChange({ enabled, thresholdMinutes, holdMinutes }: AutoStopChangeInput): AutoStopChange {
  return {
    ...(enabled !== undefined && { enabled }),
    ...(thresholdMinutes !== undefined && { thresholdMinutes }),
    ...(holdMinutes !== undefined && { holdMinutes }),
  };
}

export function toInstanceAutoStop({ enabled, thresholdMinutes, holdMinutes }: AutoStopInput): InstanceAutoStop {
  return {
    ...present('enabled', enabled),
    ...present('thresholdMinutes', thresholdMinutes),
    ...present('holdMinutes', holdMinutes),
  };
}
