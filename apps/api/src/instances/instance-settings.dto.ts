import { type AutoStopSettings, LONGEST_THRESHOLD_MS } from '@app/instance-store';
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
    type: String,
    nullable: true,
    description: `Null removes it. ${WEBHOOK_NOTE}`,
    example: 'https://hooks.example.com/fleet',
  })
  @Nullable()
  @IsWebhookUrl()
  webhookUrl?: string | null;

  violations(): readonly FieldError[] {
    if (this.autoStop !== undefined || this.webhookUrl !== undefined) return [];
    return [{ pointer: '', detail: 'must hold autoStop or webhookUrl' }];
  }
}

export function toInstanceSettings({ autoStop, webhookUrl }: InstanceSettingsInput): InstanceSettings {
  return {
    ...(autoStop !== undefined && { autoStop: toAutoStopChange(autoStop) }),
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

/** Null stays null here: it asks for something. */
export function toAutoStopChange({ enabled, thresholdMinutes }: AutoStopChangeInput): AutoStopChange {
  return { ...(enabled !== undefined && { enabled }), ...(thresholdMinutes !== undefined && { thresholdMinutes }) };
}

export function toAutoStopSettings({ enabled, thresholdMinutes }: AutoStopInput): AutoStopSettings {
  return { ...present('enabled', enabled), ...present('thresholdMinutes', thresholdMinutes) };
}
