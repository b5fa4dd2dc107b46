import type { AutoStopSettings } from '@app/instance-store';
import type { InstanceSettings } from '@app/lifecycle';
import type { FieldError } from '@app/platform';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsNumber, IsPositive, IsUrl, Max, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import type { Checked } from '../http/checked.js';
import { Optional } from '../http/optional.decorator.js';
import { present } from '../http/present.js';

const YEAR_IN_MINUTES = 525_600;
export const AUTO_STOP_NOTE =
  'Recorded and shown by this release; stopping an instance that is idle is not part of it yet.';
export const WEBHOOK_NOTE = 'Recorded and shown by this release; delivering webhooks is not part of it yet.';

/** Addresses without a dot are allowed: a hook inside a cluster has a name like `hooks`. */
export function IsWebhookUrl(): PropertyDecorator {
  const isUrl = IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true },
    { message: 'must be an http or https address without a user name in it' },
  );
  const isShort = MaxLength(2000, { message: 'must be at most 2000 characters' });
  return (target, property) => {
    isUrl(target, property);
    isShort(target, property);
  };
}

export class AutoStopInput {
  @ApiPropertyOptional({ description: "Absent: as the fleet's default says.", example: true })
  @Optional()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  @ApiPropertyOptional({
    description: "Minutes without use, fractions allowed; absent: as the fleet's default says.",
    example: 20,
    maximum: YEAR_IN_MINUTES,
  })
  @Optional()
  @IsNumber({}, { message: 'must be a number of minutes' })
  @IsPositive({ message: 'must be more than 0; to switch it off, say enabled: false' })
  @Max(YEAR_IN_MINUTES, { message: `must be at most ${YEAR_IN_MINUTES}` })
  thresholdMinutes?: number;
}

/** What can be changed on an instance; a member left out stays as it is. */
export class InstanceSettingsInput implements Checked {
  @ApiPropertyOptional({ type: AutoStopInput, description: AUTO_STOP_NOTE })
  @Optional()
  @ValidateNested({ message: 'must be an object' })
  @Type(() => AutoStopInput)
  autoStop?: AutoStopInput;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: `Null removes it. ${WEBHOOK_NOTE}`,
    example: 'https://hooks.example.com/fleet',
  })
  @ValidateIf((_object, value) => value !== undefined && value !== null)
  @IsWebhookUrl()
  webhookUrl?: string | null;

  faults(): readonly FieldError[] {
    if (this.autoStop !== undefined || this.webhookUrl !== undefined) return [];
    return [{ pointer: '', detail: 'give autoStop or webhookUrl' }];
  }
}

export function toInstanceSettings({ autoStop, webhookUrl }: InstanceSettingsInput): InstanceSettings {
  return {
    ...(autoStop !== undefined && { autoStop: toAutoStopSettings(autoStop) }),
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

export function toAutoStopSettings({ enabled, thresholdMinutes }: AutoStopInput): AutoStopSettings {
  return { ...present('enabled', enabled), ...present('thresholdMinutes', thresholdMinutes) };
}
