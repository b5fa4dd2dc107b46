import type { FieldError } from '@app/platform';
import {
  type EndpointChange,
  type EndpointFilter,
  holdViolation,
  type NewEndpoint,
  NO_FILTER,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '@app/webhooks';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { Nullable, Optional, OptionalNotNull } from '../core/http/input-members.js';
import { IsChoice, IsFlag, IsListOf, IsObjectLike, IsText, IsWhole } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { EVENT_FAMILIES } from '../events/event-types.js';
import { IsWebhookUrl } from '../instances/instance-settings.dto.js';
import { typeViolations } from './endpoint-rules.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
const MAX_TYPES = 50;
const TYPES_EXAMPLE = ['instance.ready', 'instance.failed', 'spend.*'];
const FILTER_EXAMPLE = '{"name": "llama", "region": "CN-HK-01"}';
const DAY_SECONDS = 86_400;
export const DEFAULT_KEEP_OLD_SECONDS = DAY_SECONDS;

const URL_DOCS = {
  description:
    'Where messages are sent. In production it begins with https://. Private and loopback addresses are refused unless WEBHOOK_ALLOW_PRIVATE_ADDRESSES is set, also when its name resolves to one later.',
  example: 'https://hooks.example.com/fleet',
  maxLength: 2000,
} as const;
const TYPES_DOCS = {
  description: `The events to be sent, or all that begin alike: ${EVENT_FAMILIES.map((name) => `\`${name}\``).join(', ')}. Empty for all.`,
  example: TYPES_EXAMPLE,
  maxItems: MAX_TYPES,
} as const;
const ORDERED_DOCS = {
  description:
    'Whether the messages about one instance wait for each other: then one that fails holds back those about the same instance, at this endpoint only.',
  example: false,
} as const;
const HOLD_DOCS = {
  description:
    'Whether a stop by auto-stop, or a migration, waits for its answer of 2xx to `instance.stop_pending`: STOP_HOLD_TIMEOUT at most. A stop by a person never waits.',
  example: false,
} as const;
const SIGNATURE_DOCS = {
  enum: SIGNATURE_ALGORITHMS,
  enumName: 'WebhookSignature',
  description: '`v1`: HMAC-SHA256 with a shared secret. `v1a`: ed25519; the receiver needs the public key only.',
  example: 'v1',
} as const;

/** Which instances events must be of; with any member, events of the fleet are not sent. */
export class EndpointFilterInput {
  @ApiPropertyOptional({ description: 'Anywhere in the name, in any case.', example: 'llama' })
  @Optional()
  @IsText({ min: 1, max: 200 })
  name?: string;

  @ApiPropertyOptional({ description: 'As the instance shows it.', example: 'CN-HK-01' })
  @Optional()
  @IsText({ min: 1, max: 255 })
  region?: string;

  @ApiPropertyOptional({ description: 'The name of the key that created it.', example: 'ci' })
  @Optional()
  @IsText({ min: 1, max: 100 })
  owner?: string;
}

export class CreateEndpointInput implements Checked {
  @ApiProperty(URL_DOCS)
  @IsWebhookUrl()
  url!: string;

  @ApiPropertyOptional({ example: 'Pager of the ML team', maxLength: 200 })
  @Optional()
  @IsText({ max: 200 })
  description?: string;

  @ApiPropertyOptional({ type: [String], ...TYPES_DOCS })
  @Optional()
  @IsListOf({ of: 'types', example: '["instance.ready"]', max: MAX_TYPES })
  types?: string[];

  @ApiPropertyOptional({ type: EndpointFilterInput, description: 'Null or `{}` for none.' })
  @Optional()
  @IsObjectLike(FILTER_EXAMPLE)
  @ValidateNested()
  @Type(() => EndpointFilterInput)
  filter?: EndpointFilterInput;

  @ApiPropertyOptional(ORDERED_DOCS)
  @Optional()
  @IsFlag()
  ordered?: boolean;

  @ApiPropertyOptional(HOLD_DOCS)
  @Optional()
  @IsFlag()
  hold?: boolean;

  @ApiPropertyOptional(SIGNATURE_DOCS)
  @Optional()
  @IsChoice(SIGNATURE_ALGORITHMS)
  signature?: SignatureAlgorithm;

  violations(): readonly FieldError[] {
    const { hold = false, types = [] } = this;
    const found = typeViolations(types);
    // Entries of other types are among these.
    const violation = found.length > 0 ? null : holdViolation({ hold, types });
    return violation === null ? found : [{ pointer: '/hold', detail: violation }];
  }
}

/** A member that is left out stays as it is. Null would mean that or the default, except where the default is none. */
export class ChangeEndpointInput implements Checked {
  @ApiPropertyOptional(URL_DOCS)
  @OptionalNotNull()
  @IsWebhookUrl()
  url?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Null removes it.', maxLength: 200 })
  @Nullable()
  @IsText({ max: 200 })
  description?: string | null;

  @ApiPropertyOptional({ type: [String], ...TYPES_DOCS })
  @OptionalNotNull()
  @IsListOf({ of: 'types', example: '["instance.ready"]', max: MAX_TYPES })
  types?: string[];

  @ApiPropertyOptional({
    type: EndpointFilterInput,
    nullable: true,
    description: 'Takes the place of the whole filter; null or `{}` removes it.',
  })
  @Nullable()
  @IsObjectLike(FILTER_EXAMPLE)
  @ValidateNested()
  @Type(() => EndpointFilterInput)
  filter?: EndpointFilterInput | null;

  @ApiPropertyOptional(ORDERED_DOCS)
  @OptionalNotNull()
  @IsFlag()
  ordered?: boolean;

  @ApiPropertyOptional(HOLD_DOCS)
  @OptionalNotNull()
  @IsFlag()
  hold?: boolean;

  violations(): readonly FieldError[] {
    const { url, description, types, filter, ordered, hold } = this;
    if ([url, description, types, filter, ordered, hold].every((member) => member === undefined)) {
      return [{ pointer: '', detail: 'must hold url, description, types, filter, ordered or hold' }];
    }
    // Whether it hears of the stops that it is to hold depends on what stays as it is.
    return typeViolations(types ?? []);
  }
}

export class RotateSecretInput {
  @ApiPropertyOptional({
    description: 'How long the present secret signs beside the new one, in seconds; 0 for not at all.',
    default: DEFAULT_KEEP_OLD_SECONDS,
    minimum: 0,
    maximum: 7 * DAY_SECONDS,
    example: 3_600,
  })
  @Optional()
  @IsWhole(0, 7 * DAY_SECONDS, ' of seconds')
  keepOldForSeconds?: number;

  @ApiPropertyOptional({ ...SIGNATURE_DOCS, description: 'Of the new secret; absent: as before.' })
  @Optional()
  @IsChoice(SIGNATURE_ALGORITHMS)
  signature?: SignatureAlgorithm;
}

export function toNewEndpoint(input: CreateEndpointInput): NewEndpoint {
  const { url, description = null, types = [], filter, ordered = false, hold = false, signature = 'v1' } = input;
  return {
    url,
    description,
    types: [...new Set(types)],
    filter: toFilter(filter),
    ordered,
    hold,
    algorithm: signature,
  };
}

export function toEndpointChange(input: ChangeEndpointInput): EndpointChange {
  const { url, description, types, filter, ordered, hold } = input;
  return {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(types !== undefined && { types: [...new Set(types)] }),
    ...(filter !== undefined && { filter: toFilter(filter) }),
    ...(ordered !== undefined && { ordered }),
    ...(hold !== undefined && { hold }),
  };
}

function toFilter(filter: EndpointFilterInput | null | undefined): EndpointFilter {
  if (filter === undefined || filter === null) return NO_FILTER;
  return { name: filter.name ?? null, region: filter.region ?? null, owner: filter.owner ?? null };
}

export class EndpointFilterView {
  @ApiPropertyOptional({ example: 'llama' })
  name?: string;

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  region?: string;

  @ApiPropertyOptional({ example: 'ci' })
  owner?: string;
}

/** A secret without itself. */
export class EndpointSecretView {
  @ApiProperty(SIGNATURE_DOCS)
  signature!: SignatureAlgorithm;

  @ApiPropertyOptional({
    description: 'What a receiver of `v1a` verifies with.',
    example: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
  })
  publicKey?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Absent for WEBHOOK_SECRET.' })
  createdAt?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Of one that was replaced: until when it signs beside the newest.' })
  expiresAt?: string;
}

const STATES = ['active', 'paused', 'disabled'] as const;

@ApiSchema({ name: 'WebhookEndpoint' })
export class EndpointView {
  @ApiProperty({ example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  id!: string;

  @ApiProperty({
    enum: ['managed', 'global', 'instance'],
    description:
      '`managed`: made here. `global`: of WEBHOOK_URL. `instance`: the `webhookUrl` of one or more instances. The latter two can be paused, and are changed where they were set.',
    example: 'managed',
  })
  kind!: 'managed' | 'global' | 'instance';

  @ApiPropertyOptional({
    description: 'Operators and admins only: it may hold a secret.',
    example: 'https://hooks.example.com/fleet',
  })
  url?: string;

  @ApiProperty({ description: 'Scheme, host and port of the address.', example: 'https://hooks.example.com' })
  origin!: string;

  @ApiPropertyOptional({ example: 'Pager of the ML team' })
  description?: string;

  @ApiProperty({ type: [String], ...TYPES_DOCS })
  types!: string[];

  @ApiProperty({ type: EndpointFilterView })
  filter!: EndpointFilterView;

  @ApiProperty(ORDERED_DOCS)
  ordered!: boolean;

  @ApiProperty(HOLD_DOCS)
  hold!: boolean;

  @ApiProperty({
    enum: STATES,
    description:
      '`paused`: messages are kept and wait. `disabled`: none are made, and those that waited are cancelled; resuming makes it active again.',
    example: 'active',
  })
  state!: (typeof STATES)[number];

  @ApiPropertyOptional({ ...MOMENT, description: 'Since when it is paused or disabled.' })
  stateSince?: string;

  @ApiPropertyOptional({ description: 'Who paused it.', example: 'user:ci' })
  pausedBy?: string;

  @ApiPropertyOptional({
    description:
      '`gone-410`: it answered 410. `failed-5-days`: every attempt failed for five days. `unset`: WEBHOOK_URL is not set any more.',
    example: 'gone-410',
  })
  disabledReason?: string;

  @ApiProperty({ type: [EndpointSecretView], description: 'What signs now, the newest first.' })
  secrets!: EndpointSecretView[];

  @ApiPropertyOptional({ ...MOMENT, description: 'Since when every attempt has failed; absent after a success.' })
  failingSince?: string;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'Until when nothing is attempted, because it did not answer or asked for it.',
  })
  deferredUntil?: string;

  @ApiProperty({ ...MOMENT })
  createdAt!: string;

  @ApiProperty({ example: 'user:ci' })
  createdBy!: string;

  @ApiProperty({ description: 'Grows with every change; the number in the ETag.', example: 1 })
  revision!: number;
}

/** An endpoint with the secret that was made for it. The secret is shown this once. */
export class EndpointWithSecretView extends EndpointView {
  @ApiPropertyOptional({
    description: 'Of `v1`, for the receiver to verify with. It is not shown again; `v1a` has `secrets[0].publicKey`.',
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  })
  secret?: string;
}

@ApiSchema({ name: 'WebhookEndpointList' })
export class EndpointListView {
  @ApiProperty({
    type: [EndpointView],
    description: 'All that were made here, that of WEBHOOK_URL, and the latest 100 of instances.',
  })
  endpoints!: EndpointView[];
}
