import {
  BILLING_MODES,
  type BilledAs,
  type BillingMode,
  type DesiredState,
  type IdleExemption,
  INSTANCE_STATUSES,
  type InstanceOrigin,
  type InstanceStatus,
} from '@app/instance-store';
import type { InstanceBody } from '@app/views';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { StartupEstimateView } from '../catalogue/catalogue.dto.js';
import { AutoStopView, LifetimeView, StopHoldView } from './auto-stop-view.dto.js';
import { ConnectionDetailsView, EnvVarView, PortMappingView, PortProbeView } from './connection-view.dto.js';
import { MigrationView, SpotView } from './spot-view.dto.js';

/** A moment in the answers: ISO 8601, UTC, milliseconds. */
const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

const EXEMPTIONS = [
  'switched-off-for-all',
  'switched-off-for-this-one',
  'switched-off-for-its-template',
  'made-elsewhere',
  'billed-monthly',
] as const satisfies readonly IdleExemption[];

export class ProductView {
  @ApiProperty({ example: '4090.16c62g.os' })
  id!: string;

  @ApiProperty({ example: 'RTX 4090 24GB' })
  name!: string;
}

export class CostView {
  @ApiProperty({ description: 'USD, up to `asOf`.', example: 12.34 })
  usd!: number;

  @ApiProperty({
    ...MOMENT,
    description: 'The cost at any later time is `usd` and `usdPerHour` times the hours since then.',
  })
  asOf!: string;

  @ApiProperty({
    description: 'USD, of what is billed now: 0 when nothing is, or at a price that nobody knows.',
    example: 0.35,
  })
  usdPerHour!: number;

  @ApiProperty({
    ...MOMENT,
    description: 'From when on its cost is counted: later than `createdAt` for one whose earlier cost is not known.',
  })
  countedFrom!: string;
}

export class LastErrorView {
  @ApiProperty({ description: 'A problem code; its page is `/errors/{code}`.', example: 'startup-timeout' })
  code!: string;

  @ApiProperty({ example: 'Not running 10 minutes after the start was asked for.' })
  message!: string;

  @ApiProperty({ ...MOMENT })
  at!: string;

  @ApiProperty({ example: true })
  retryable!: boolean;

  @ApiProperty({ example: 'Start it again, or choose another region.' })
  suggestion!: string;
}

/** An instance as HTTP shows it. What never happened is absent; only `confirmedAt` says "not yet" with null. */
@ApiSchema({ name: 'Instance' })
export class InstanceView extends StartupEstimateView {
  @ApiProperty({
    description:
      'Ours; every route also accepts the Novita id. In a process that was started before its Redis, which alone knows our ids, it is the Novita id until Redis is there.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  id!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({
    enum: INSTANCE_STATUSES,
    enumName: 'InstanceStatus',
    description: '`stopped` and `terminated` are only ever said after Novita was observed to agree.',
    example: 'ready',
  })
  status!: InstanceStatus;

  @ApiPropertyOptional({ description: 'Absent until known.', example: '5f2c8d1e9a7b4c30' })
  novitaInstanceId?: string;

  @ApiPropertyOptional({ description: "Novita's own word for the state.", example: 'running' })
  novitaStatus?: string;

  @ApiProperty({
    enum: ['managed', 'adopted', 'discovered'],
    description:
      '`adopted`: ours, found again. `discovered`: made elsewhere; shown, never acted on until it is adopted.',
    example: 'managed',
  })
  origin!: InstanceOrigin;

  @ApiPropertyOptional({
    description: 'Who made it: `user:<name of the key>`; absent for one made elsewhere, and when it is not known.',
    example: 'user:ci',
  })
  createdBy?: string;

  @ApiProperty({
    description: '`createdBy`, or `elsewhere` for one made elsewhere, or `unknown`.',
    example: 'user:ci',
  })
  owner!: string;

  @ApiProperty({
    description: 'Marks the instance at Novita as ours: the end of its name there.',
    example: '-nfk3v9x8y9zabcde',
  })
  marker!: string;

  @ApiProperty({
    enum: ['running', 'stopped', 'deleted'],
    description: 'The desired state.',
    example: 'running',
  })
  desired!: DesiredState;

  @ApiProperty({ description: 'Who desired it: `user:<name of the key>` or a part of the system.', example: 'user:ci' })
  desiredBy!: string;

  @ApiProperty({ ...MOMENT, description: 'When it was desired.' })
  desiredAt!: string;

  @ApiProperty({ example: 1 })
  gpuNum!: number;

  @ApiProperty({ description: 'GB.', example: 60 })
  rootfsSize!: number;

  @ApiPropertyOptional({ description: 'Absent when Novita chooses.', example: 'CN-HK-01' })
  region?: string;

  @ApiProperty({ type: ProductView })
  product!: ProductView;

  @ApiProperty({ enum: BILLING_MODES, example: 'onDemand' })
  billingMode!: BillingMode;

  @ApiPropertyOptional({ description: 'USD, for the whole instance, at creation.', example: 0.35 })
  pricePerHour?: number;

  @ApiPropertyOptional({
    enum: ['running', 'though-stopped'],
    description:
      'As what it is or may be billed now; absent when it is not. What is paid by the month is billed `though-stopped`.',
    example: 'running',
  })
  billedNow?: BilledAs;

  @ApiPropertyOptional({ type: CostView, description: 'What it has cost; absent when it has never cost anything.' })
  cost?: CostView;

  @ApiPropertyOptional({ example: 'tpl-212' })
  templateId?: string;

  @ApiProperty({ example: 'vllm/vllm-openai:v0.8.4' })
  image!: string;

  @ApiProperty({ type: [EnvVarView] })
  envs!: EnvVarView[];

  @ApiProperty({ type: [PortMappingView] })
  portMappings!: PortMappingView[];

  @ApiProperty({ type: ConnectionDetailsView })
  connectionDetails!: ConnectionDetailsView;

  @ApiPropertyOptional({ type: [PortProbeView], description: 'The latest readiness probe of each port of this run.' })
  probes?: PortProbeView[];

  @ApiProperty({ ...MOMENT })
  createdAt!: string;

  @ApiPropertyOptional({ ...MOMENT })
  startedAt?: string;

  @ApiPropertyOptional({ ...MOMENT })
  readyAt?: string;

  @ApiPropertyOptional({ ...MOMENT })
  stoppedAt?: string;

  @ApiPropertyOptional({ ...MOMENT })
  terminatedAt?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it was ready again after its latest migration.' })
  migratedAt?: string;

  @ApiPropertyOptional({ type: SpotView, description: 'What Novita says of a spot instance; absent for any other.' })
  spot?: SpotView;

  @ApiPropertyOptional({ type: MigrationView, description: 'The answer to its latest reclaim, if any.' })
  migration?: MigrationView;

  @ApiPropertyOptional({
    type: StopHoldView,
    description: 'The latest hold of a stop by webhook endpoints, if any; it is under way while `outcome` is absent.',
  })
  stopHold?: StopHoldView;

  @ApiPropertyOptional({
    ...MOMENT,
    description:
      'When Novita last said something new of it, or was asked about it alone. A listing that shows it unchanged moves `X-Data-As-Of` and not this.',
  })
  observedAt?: string;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'Since when listings of Novita lack it although they should have it; absent while they have it.',
  })
  missingSince?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it was set aside as an orphan.' })
  ignoredAt?: string;

  @ApiProperty({
    type: String,
    ...MOMENT,
    nullable: true,
    description: 'When Novita last agreed with `desired`; null while that is still to come.',
  })
  confirmedAt!: string | null;

  @ApiProperty({ type: AutoStopView })
  autoStop!: AutoStopView;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'When the latest token was made with which the instance itself may call; absent while it has none.',
  })
  tokenIssuedAt?: string;

  @ApiPropertyOptional({ type: LifetimeView, description: 'Its hard end; absent for one without.' })
  lifetime?: LifetimeView;

  @ApiPropertyOptional({ description: 'Operators and admins only.', example: 'https://hooks.example.com/fleet' })
  webhookUrl?: string;

  @ApiPropertyOptional({ type: LastErrorView })
  lastError?: LastErrorView;

  @ApiProperty({ description: 'Grows by one with every change; the number in the ETag.', example: 7 })
  revision!: number;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it was last reported to be in use.' })
  lastUsedAt?: string;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'Since when it stands unused; the end of the lease while it has one. Absent for one that is not up.',
  })
  idleSince?: string;

  @ApiPropertyOptional({
    enum: EXEMPTIONS,
    description: 'Why auto-stop does not stop it although it is up; absent when it does.',
    example: 'billed-monthly',
  })
  autoStopExemption?: (typeof EXEMPTIONS)[number];

  @ApiPropertyOptional({
    ...MOMENT,
    example: '2026-03-01T10:20:00.000Z',
    description:
      'From when on it is stopped as idle if nobody uses it; absent while being unused does not count against it. `GET /instances/{id}/idle` says why.',
  })
  autoStopAt?: string;
}

/** Its members, as a plain object has them: exactly those that are rendered. */
export type InstanceMembers = Pick<InstanceView, keyof InstanceBody>;

export class CheaperOfferView {
  @ApiProperty({ example: 'EU-01' })
  region!: string;

  @ApiProperty({ example: '4090.8c31g.eu' })
  productId!: string;

  @ApiProperty({ description: 'USD, for the whole instance.', example: 0.33 })
  pricePerHour!: number;
}

/** The instance as it was accepted, and what was chosen for it. */
export class CreateAnswer extends InstanceView {
  @ApiProperty({
    description: 'What was chosen, where and at what price, for a person to read.',
    example: 'The cheapest RTX 4090 24GB in stock in CN-HK-01, at $0.35 an hour.',
  })
  message!: string;

  @ApiPropertyOptional({
    type: CheaperOfferView,
    description: 'Another region that has it for less; absent when none has, or `region` was `any`.',
  })
  cheaperElsewhere?: CheaperOfferView;
}

@ApiSchema({ name: 'InstancePage' })
export class InstancePageView {
  @ApiProperty({ type: [InstanceView] })
  instances!: InstanceView[];

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'How many match; null when counting would cost more than the page.',
    example: 1,
  })
  total!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;
}

/** The instance as it now stands, and what became of the command. */
export class CommandAnswer extends InstanceView {
  @ApiProperty({ description: 'The same as `id`.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'Stop accepted; it is done when status says stopped.' })
  message!: string;
}
