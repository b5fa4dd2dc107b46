import { BILLING_MODES, type BillingMode } from '@app/instance-store';
import { CREATE_LIMITS, type CreateInstanceRequest, RESERVED_PORTS } from '@app/lifecycle';
import { type FieldError, validationFailed } from '@app/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { present } from '../core/http/answer.js';
import { Optional } from '../core/http/input-members.js';
import {
  entryViolations,
  Follows,
  IsChoice,
  IsFlag,
  IsListOf,
  IsObjectLike,
  IsText,
  IsWhole,
  notOfType,
} from '../core/http/input-rules.js';
import { apiPath } from '../core/http/paths.js';
import type { Checked } from '../core/http/validation.js';
import { INSTANCE_NAME, IsImageName, parsePort, portViolations } from './create-rules.js';
import {
  AUTO_STOP_NOTE,
  AutoStopInput,
  IsLifetimeMinutes,
  IsWebhookUrl,
  LIFETIME_DOCS,
  toInstanceAutoStop,
  WEBHOOK_NOTE,
} from './instance-settings.dto.js';

const ENV_EXAMPLE = '{"key": "MODEL", "value": "llama"}';
const STORAGE_EXAMPLE = '{"id": "8f14e45f", "mountPoint": "/network"}';

export class EnvVarInput {
  @ApiProperty({ example: 'MODEL', minLength: 1, maxLength: CREATE_LIMITS.envKeyLength })
  @IsText({
    min: 1,
    max: CREATE_LIMITS.envKeyLength,
    form: { pattern: /^[^=\s\p{Cc}]+$/u, says: 'must be a name without =, spaces or control characters' },
  })
  key!: string;

  @ApiProperty({ example: 'llama-3-8b', maxLength: CREATE_LIMITS.envValueLength })
  @IsText({ max: CREATE_LIMITS.envValueLength })
  value!: string;
}

export class NetworkStorageInput {
  @ApiProperty({ description: 'Id of the storage at Novita.', example: '8f14e45f-ceea-4e7a-9b1c-2d5a6c7b8e90' })
  @IsText({ min: 1, max: 255 })
  id!: string;

  @ApiPropertyOptional({ default: '/network', example: '/network', maxLength: CREATE_LIMITS.mountPointLength })
  @Optional()
  @IsText({ max: CREATE_LIMITS.mountPointLength, form: { pattern: /^\//, says: 'must be an absolute path' } })
  mountPoint?: string;
}

export class CreateInstanceInput implements Checked {
  @ApiProperty({
    description: 'Letters, digits and hyphens. Names need not be unique.',
    pattern: `^[A-Za-z0-9-]{1,${CREATE_LIMITS.nameLength}}$`,
    example: 'llama-inference',
  })
  @IsText(INSTANCE_NAME)
  name!: string;

  @ApiPropertyOptional({
    description:
      'Either this or `productId`. The cheapest one in stock in `region` is chosen; when there is none, the cheapest elsewhere.',
    example: 'RTX 4090 24GB',
  })
  @Optional()
  @IsText({ min: 1, max: 255 })
  productName?: string;

  @ApiPropertyOptional({ description: 'Either this or `productName`.', example: '4090.16c62g.os' })
  @Optional()
  @IsText({ min: 1, max: 255 })
  productId?: string;

  @ApiPropertyOptional({
    description: 'This, or `image`, or both: what is given here goes before the template.',
    example: '212',
  })
  @Optional()
  @IsText({ min: 1, max: 255 })
  templateId?: string;

  @ApiPropertyOptional({
    description: 'Container image; needed without `templateId`.',
    example: 'vllm/vllm-openai:v0.8.4',
  })
  @Optional()
  @IsImageName()
  image?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: CREATE_LIMITS.gpus, default: 1, example: 1 })
  @Optional()
  @IsWhole(1, CREATE_LIMITS.gpus)
  gpuNum?: number;

  @ApiPropertyOptional({
    description: "GB; absent: the template's, then 60.",
    minimum: CREATE_LIMITS.rootfsGb.min,
    maximum: CREATE_LIMITS.rootfsGb.max,
    example: 60,
  })
  @Optional()
  @IsWhole(CREATE_LIMITS.rootfsGb.min, CREATE_LIMITS.rootfsGb.max, ' of GB')
  rootfsSize?: number;

  @ApiPropertyOptional({
    description:
      'Where to search first; absent: DEFAULT_REGION; `any`: the cheapest in stock anywhere. The answer says what was chosen and which other region has it for less. See `GET /clusters`.',
    example: 'CN-HK-01',
  })
  @Optional()
  @IsText({ min: 1, max: 255 })
  region?: string;

  @ApiPropertyOptional({ enum: BILLING_MODES, description: 'Absent: DEFAULT_BILLING_MODE.' })
  @Optional()
  @IsChoice(BILLING_MODES)
  billingMode?: BillingMode;

  @ApiPropertyOptional({
    type: [String],
    description: `Port and protocol; absent: the template's, then \`8080/http\`. At most ${CREATE_LIMITS.ports} with the template's tools; not ${[...RESERVED_PORTS].join(', ')}.`,
    maxItems: CREATE_LIMITS.ports,
    example: ['8080/http'],
  })
  @Optional()
  @IsListOf({ of: 'ports', example: '["8080/http"]', max: CREATE_LIMITS.ports })
  ports?: string[];

  @ApiPropertyOptional({ type: [EnvVarInput], maxItems: CREATE_LIMITS.envs })
  @Optional()
  @IsListOf({ of: 'variables', example: `[${ENV_EXAMPLE}]`, max: CREATE_LIMITS.envs })
  @ValidateNested({ each: true, message: `must be an object such as ${ENV_EXAMPLE}` })
  @Type(() => EnvVarInput)
  envs?: EnvVarInput[];

  @ApiPropertyOptional({
    description: "Replaces the image's CMD.",
    maxLength: CREATE_LIMITS.commandLength,
    example: '--model llama-3-8b',
  })
  @Optional()
  @IsText({ max: CREATE_LIMITS.commandLength })
  command?: string;

  @ApiPropertyOptional({ description: "Replaces the image's ENTRYPOINT.", maxLength: CREATE_LIMITS.commandLength })
  @Optional()
  @IsText({ max: CREATE_LIMITS.commandLength })
  entrypoint?: string;

  @ApiPropertyOptional({ description: 'Id of a registry login at Novita, for a private image.' })
  @Optional()
  @IsText({ min: 1, max: 255 })
  imageAuthId?: string;

  @ApiPropertyOptional({ type: [NetworkStorageInput], maxItems: CREATE_LIMITS.storages })
  @Optional()
  @IsListOf({
    of: 'storages',
    example: `[${STORAGE_EXAMPLE}]`,
    max: CREATE_LIMITS.storages,
  })
  @ValidateNested({ each: true, message: `must be an object such as ${STORAGE_EXAMPLE}` })
  @Type(() => NetworkStorageInput)
  networkStorages?: NetworkStorageInput[];

  @ApiPropertyOptional({ example: '12.4' })
  @Optional()
  @IsText({
    what: 'a version as text, such as "12.4"',
    max: 7,
    form: { pattern: /^\d{1,3}(\.\d{1,3})?$/, says: 'must be a version such as 12.4' },
  })
  minCudaVersion?: string;

  @ApiPropertyOptional({ description: WEBHOOK_NOTE, example: 'https://hooks.example.com/fleet' })
  @Optional()
  @IsWebhookUrl()
  webhookUrl?: string;

  @ApiPropertyOptional({ type: AutoStopInput, description: AUTO_STOP_NOTE })
  @Optional()
  @IsObjectLike('{"enabled": true, "thresholdMinutes": 20}')
  @ValidateNested()
  @Type(() => AutoStopInput)
  autoStop?: AutoStopInput;

  @ApiPropertyOptional(LIFETIME_DOCS)
  @Optional()
  @IsLifetimeMinutes()
  maxLifetimeMinutes?: number;

  @ApiPropertyOptional({
    description:
      'USD per hour that the whole instance may cost at most when it is created, by a catalogue that is read for it. A replacement of a reclaimed spot instance goes by MIGRATION_MAX_PRICE_INCREASE_PERCENT instead. Dearer places are left out, also where the first one is out of stock; where nothing else is left the create is answered `price-above-limit`.',
    example: 0.7,
  })
  @Optional()
  @IsPrice()
  maxPricePerHour?: number;

  @ApiPropertyOptional({
    description:
      'Gives it a token of its own in the environment variable NOVITA_FLEET_TOKEN, and its address here in NOVITA_FLEET_URL, so that a job inside can report its use (docs/keys.md). Needs PUBLIC_URL.',
    default: false,
    example: true,
  })
  @Optional()
  @IsFlag()
  reportToken?: boolean;

  violations(): readonly FieldError[] {
    const { ports = [], envs = [], networkStorages = [] } = this;
    const entries = [
      ...entryViolations(ports, '/ports', 'text', '8080/http'),
      ...entryViolations(envs, '/envs', 'object', ENV_EXAMPLE),
      ...entryViolations(networkStorages, '/networkStorages', 'object', STORAGE_EXAMPLE),
    ];
    if (entries.length > 0) return entries;
    const violations = [...portViolations(ports, '/ports'), ...repeatedKeys(envs)];
    if (this.productName === undefined && this.productId === undefined) {
      violations.push({
        pointer: '/productName',
        detail: 'is missing; give productName or productId, which GET /api/v1/products lists',
      });
    }
    if (this.productName !== undefined && this.productId !== undefined) {
      violations.push({ pointer: '/productId', detail: 'must be left out where productName is given' });
    }
    if (this.templateId === undefined && this.image === undefined) {
      violations.push({
        pointer: '/image',
        detail: 'is missing; give image, or a templateId of GET /api/v1/templates',
      });
    }
    return violations;
  }
}

/**
 * The valid input as the request that the life cycle takes.
 *
 * @param publicUrl where instances reach this API; null when nobody said
 * @throws Problem `validation-failed` for a token that could be reported to nobody
 */
export function toCreateRequest(input: CreateInstanceInput, publicUrl: string | null): CreateInstanceRequest {
  const { ports, envs, networkStorages, autoStop, reportToken = false, ...plain } = input;
  if (reportToken && publicUrl === null) {
    const detail = 'needs the setting PUBLIC_URL, the address at which instances reach this API; it is not set';
    throw validationFailed([{ pointer: '/reportToken', detail }]);
  }
  return {
    ...plain,
    ...(reportToken && { reportTo: `${publicUrl}/${apiPath('instances')[0]}` }),
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
    ...present('autoStop', autoStop && toInstanceAutoStop(autoStop)),
  };
}

function IsPrice(): PropertyDecorator {
  return Follows((value) => {
    if (typeof value !== 'number') return notOfType(value, 'a number of USD per hour');
    return value > 0 ? null : 'must be more than 0';
  });
}

function repeatedKeys(envs: readonly EnvVarInput[]): readonly FieldError[] {
  const known = new Set<string>();
  const violations: FieldError[] = [];
  for (const [index, { key }] of envs.entries()) {
    if (known.has(key)) violations.push({ pointer: `/envs/${index}/key`, detail: 'stands there twice' });
    known.add(key);
  }
  return violations;
}
