import type { BillingMode } from '@app/instance-store';
import type { CreateInstanceRequest } from '@app/lifecycle';
import type { FieldError } from '@app/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Checked } from '../http/checked.js';
import { Optional } from '../http/optional.decorator.js';
import { present } from '../http/present.js';
import {
  AUTO_STOP_NOTE,
  AutoStopInput,
  IsWebhookUrl,
  toAutoStopSettings,
  WEBHOOK_NOTE,
} from './instance-settings.dto.js';
import { parsePort, portFaults } from './port-list.js';

// The limits are Novita's for its create call, where it has one.
const MAX_PORTS = 15;
const MAX_ENVS = 100;
const MAX_STORAGES = 30;
export class EnvVarInput {
  @ApiProperty({ example: 'MODEL', minLength: 1, maxLength: 511 })
  @Matches(/^[^=\0\s]+$/, { message: 'must be a name without =, spaces or control characters' })
  @Length(1, 511)
  key!: string;

  @ApiProperty({ example: 'llama-3-8b', maxLength: 4095 })
  @IsString()
  @MaxLength(4095)
  value!: string;
}

export class NetworkStorageInput {
  @ApiProperty({ description: 'Id of the storage at Novita.', example: '8f14e45f-ceea-4e7a-9b1c-2d5a6c7b8e90' })
  @Length(1, 255)
  id!: string;

  @ApiPropertyOptional({ default: '/network', example: '/network', maxLength: 4095 })
  @Optional()
  @Matches(/^\//, { message: 'must be an absolute path' })
  @MaxLength(4095)
  mountPoint?: string;
}

export class CreateInstanceInput implements Checked {
  @ApiProperty({
    description: 'Letters, digits and hyphens. Names need not be unique.',
    pattern: '^[A-Za-z0-9-]{1,200}$',
    example: 'llama-inference',
  })
  @Matches(/^[A-Za-z0-9-]+$/, { message: 'must be letters, digits and hyphens' })
  @Length(1, 200, { message: 'must be 1 to 200 characters' })
  name!: string;

  @ApiPropertyOptional({
    description: 'Either this or `productId`. The cheapest that is in stock is taken, in `region` first.',
    example: 'RTX 4090 24GB',
  })
  @Optional()
  @Length(1, 255)
  productName?: string;

  @ApiPropertyOptional({ description: 'Either this or `productName`.', example: '4090.16c62g.os' })
  @Optional()
  @Length(1, 255)
  productId?: string;

  @ApiPropertyOptional({
    description: 'This, or `image`, or both: what is given here goes before the template.',
    example: '212',
  })
  @Optional()
  @Length(1, 255)
  templateId?: string;

  @ApiPropertyOptional({
    description: 'Container image; needed without `templateId`.',
    example: 'vllm/vllm-openai:v0.8.4',
  })
  @Optional()
  @Matches(/^\S+$/, { message: 'must be an image name without spaces' })
  @Length(1, 500)
  image?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 8, default: 1, example: 1 })
  @Optional()
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 to 8' })
  @Max(8, { message: 'must be 1 to 8' })
  gpuNum?: number;

  @ApiPropertyOptional({
    description: "GB; absent: the template's, then 60.",
    minimum: 10,
    maximum: 6144,
    example: 60,
  })
  @Optional()
  @IsInt({ message: 'must be a whole number of GB' })
  @Min(10, { message: 'must be 10 to 6144' })
  @Max(6144, { message: 'must be 10 to 6144' })
  rootfsSize?: number;

  @ApiPropertyOptional({
    description: 'Where to look first; absent: DEFAULT_REGION. See `GET /clusters`.',
    example: 'CN-HK-01',
  })
  @Optional()
  @Length(1, 255)
  region?: string;

  @ApiPropertyOptional({ enum: ['onDemand', 'monthly', 'spot'], description: 'Absent: DEFAULT_BILLING_MODE.' })
  @Optional()
  @IsIn(['onDemand', 'monthly', 'spot'], { message: 'must be onDemand, monthly or spot' })
  billingMode?: BillingMode;

  @ApiPropertyOptional({
    type: [String],
    description:
      "Port and protocol; absent: the template's, then `8080/http`. At most 15 with the template's tools; not 2222, 2223, 2224.",
    maxItems: MAX_PORTS,
    example: ['8080/http'],
  })
  @Optional()
  @IsArray({ message: 'must be a list such as ["8080/http"]' })
  @ArrayMaxSize(MAX_PORTS, { message: `must be at most ${MAX_PORTS} ports` })
  @IsString({ each: true, message: 'must be a list such as ["8080/http"]' })
  ports?: string[];

  @ApiPropertyOptional({ type: [EnvVarInput], maxItems: MAX_ENVS })
  @Optional()
  @IsArray({ message: 'must be a list of {key, value}' })
  @ArrayMaxSize(MAX_ENVS, { message: `must be at most ${MAX_ENVS} variables` })
  @ValidateNested({ each: true, message: 'must be a list of {key, value}' })
  @Type(() => EnvVarInput)
  envs?: EnvVarInput[];

  @ApiPropertyOptional({ description: "Replaces the image's CMD.", maxLength: 2047, example: '--model llama-3-8b' })
  @Optional()
  @IsString()
  @MaxLength(2047)
  command?: string;

  @ApiPropertyOptional({ description: "Replaces the image's ENTRYPOINT.", maxLength: 2047 })
  @Optional()
  @IsString()
  @MaxLength(2047)
  entrypoint?: string;

  @ApiPropertyOptional({ description: 'Id of a registry login at Novita, for a private image.' })
  @Optional()
  @Length(1, 255)
  imageAuthId?: string;

  @ApiPropertyOptional({ type: [NetworkStorageInput], maxItems: MAX_STORAGES })
  @Optional()
  @IsArray({ message: 'must be a list of {id, mountPoint}' })
  @ArrayMaxSize(MAX_STORAGES, { message: `must be at most ${MAX_STORAGES} storages` })
  @ValidateNested({ each: true, message: 'must be a list of {id, mountPoint}' })
  @Type(() => NetworkStorageInput)
  networkStorages?: NetworkStorageInput[];

  @ApiPropertyOptional({ example: '12.4' })
  @Optional()
  @Matches(/^\d{1,3}(\.\d{1,3})?$/, { message: 'must be a version such as 12.4' })
  minCudaVersion?: string;

  @ApiPropertyOptional({ description: WEBHOOK_NOTE, example: 'https://hooks.example.com/fleet' })
  @Optional()
  @IsWebhookUrl()
  webhookUrl?: string;

  @ApiPropertyOptional({ type: AutoStopInput, description: AUTO_STOP_NOTE })
  @Optional()
  @ValidateNested({ message: 'must be an object' })
  @Type(() => AutoStopInput)
  autoStop?: AutoStopInput;

  faults(): readonly FieldError[] {
    const faults = [...portFaults(this.ports ?? [], '/ports'), ...repeatedKeys(this.envs ?? [])];
    if (this.productName === undefined && this.productId === undefined) {
      faults.push({
        pointer: '/productName',
        detail: 'give productName or productId; GET /api/v1/products lists them',
      });
    }
    if (this.productName !== undefined && this.productId !== undefined) {
      faults.push({ pointer: '/productId', detail: 'give either productName or productId, not both' });
    }
    if (this.templateId === undefined && this.image === undefined) {
      faults.push({ pointer: '/image', detail: 'give image or templateId; GET /api/v1/templates lists them' });
    }
    return faults;
  }
}

/** The valid input as the wish that the life cycle takes. */
export function toCreateRequest(input: CreateInstanceInput): CreateInstanceRequest {
  const { ports, envs, networkStorages, autoStop, ...plain } = input;
  return {
    ...plain,
    ...present(
      'ports',
      ports?.map(parsePort).filter((port) => typeof port !== 'string'),
    ),
    ...present(
      'envs',
      envs?.map(({ key, value }) => ({ key, value })),
    ),
    ...present(
      'networkStorages',
      networkStorages?.map(({ id, mountPoint = '/network' }) => ({ id, mountPoint })),
    ),
    ...present('autoStop', autoStop && toAutoStopSettings(autoStop)),
  };
}

function repeatedKeys(envs: readonly EnvVarInput[]): readonly FieldError[] {
  const seen = new Set<string>();
  const faults: FieldError[] = [];
  for (const [index, { key }] of envs.entries()) {
    if (seen.has(key)) faults.push({ pointer: `/envs/${index}/key`, detail: 'stands there twice' });
    seen.add(key);
  }
  return faults;
}
