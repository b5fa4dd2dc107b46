import { BILLING_MODES, type BillingMode, type PortProtocol } from '@app/instance-store';
import { CREATE_LIMITS, type OfferRejection } from '@app/lifecycle';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional, QueryFlag, QueryLimit } from '../core/http/input-members.js';
import { IsQueryChoice, IsQueryText } from '../core/http/input-rules.js';
import { StartupEstimateView } from './startup-estimate.js';

/** A part of a name, given once. */
function PartOfName(): PropertyDecorator {
  return IsQueryText({ min: 1, max: 255 });
}

export class ProductsQuery {
  @ApiPropertyOptional({ description: 'Part of the name; capitals do not matter.', example: '4090' })
  @Optional()
  @PartOfName()
  name?: string;

  @ApiPropertyOptional({
    description: 'Only what is offered in this region; written as for a create.',
    example: 'CN-HK-01',
  })
  @Optional()
  @PartOfName()
  region?: string;

  @ApiPropertyOptional({
    enum: BILLING_MODES,
    description: 'Only what is offered so; then cheapest first in this mode.',
  })
  @Optional()
  @IsQueryChoice(BILLING_MODES)
  billingMode?: BillingMode;

  @QueryFlag({ description: 'Only what is, or is not, in stock.' })
  inStock?: boolean;
}

export class ClustersQuery {
  @ApiPropertyOptional({ description: 'Only those with a GPU whose name holds this.', example: '4090' })
  @Optional()
  @PartOfName()
  gpu?: string;
}

export class OffersQuery {
  @ApiPropertyOptional({ description: 'Part of the name of the GPU; capitals do not matter.', example: '4090' })
  @Optional()
  @PartOfName()
  name?: string;

  @QueryLimit(CREATE_LIMITS.gpus, 1, 'GPUs of one instance; prices are for all of them.')
  gpuNum?: number;

  @ApiPropertyOptional({ enum: BILLING_MODES, description: 'Default: DEFAULT_BILLING_MODE, as for a create.' })
  @Optional()
  @IsQueryChoice(BILLING_MODES)
  billingMode?: BillingMode;
}

export class TemplatesQuery {
  @ApiPropertyOptional({ description: 'Part of the name; capitals do not matter.', example: 'pytorch' })
  @Optional()
  @PartOfName()
  name?: string;

  @ApiPropertyOptional({ enum: ['official', 'community', 'private'] })
  @Optional()
  @IsQueryChoice(['official', 'community', 'private'])
  channel?: string;
}

const AS_OF = {
  description: 'When Novita was asked.',
  format: 'date-time',
  example: '2026-03-01T10:00:00.000Z',
} as const;

export class MonthlyPriceView {
  @ApiProperty({ example: 1 })
  months!: number;

  @ApiProperty({ description: 'USD for all these months.', example: 210 })
  usd!: number;
}

export class GpuPriceView {
  @ApiPropertyOptional({ description: 'USD per GPU and hour; absent when not offered.', example: 0.35 })
  onDemand?: number;

  @ApiPropertyOptional({ description: 'USD per GPU and hour; absent when not offered.', example: 0.19 })
  spot?: number;

  @ApiProperty({ type: [MonthlyPriceView] })
  monthly!: MonthlyPriceView[];
}

export class GpuProductView extends StartupEstimateView {
  @ApiProperty({ example: '4090.16c62g.os' })
  id!: string;

  @ApiProperty({ example: 'RTX 4090 24GB' })
  name!: string;

  @ApiProperty({ description: 'False: out of stock.', example: true })
  inStock!: boolean;

  @ApiPropertyOptional({ description: "Novita's word: none, low, normal or high.", example: 'normal' })
  inventory?: string;

  @ApiProperty({ type: [String], description: 'Where it is offered; empty: everywhere.', example: ['CN-HK-01'] })
  regions!: string[];

  @ApiProperty({ type: [String], enum: BILLING_MODES, isArray: true, example: ['onDemand', 'spot'] })
  billingModes!: BillingMode[];

  @ApiProperty({ type: GpuPriceView })
  pricePerHour!: GpuPriceView;

  @ApiProperty({ example: 16 })
  cpuPerGpu!: number;

  @ApiProperty({ description: 'GB.', example: 62 })
  memoryPerGpu!: number;

  @ApiProperty({ description: 'GB.', example: 100 })
  diskPerGpu!: number;

  @ApiPropertyOptional({ description: 'GB.', example: 10 })
  minRootfs?: number;

  @ApiPropertyOptional({ description: 'GB.', example: 500 })
  maxRootfs?: number;
}

export class ProductsView {
  @ApiProperty({ type: [GpuProductView] })
  products!: GpuProductView[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiProperty(AS_OF)
  asOf!: string;
}

const OFFER_REJECTIONS = ['out-of-stock', 'not-offered-so'] as const satisfies readonly OfferRejection[];

export class OfferView {
  @ApiPropertyOptional({
    description: 'What a create takes as `region`; absent when Novita chooses.',
    example: 'CN-HK-01',
  })
  region?: string;

  @ApiProperty({ description: 'What a create takes as `productId`.', example: '4090.16c62g.os' })
  productId!: string;

  @ApiPropertyOptional({
    description: 'USD, for all GPUs of the instance; absent when it is not offered in this billing mode.',
    example: 0.37,
  })
  pricePerHour?: number;

  @ApiProperty({ example: true })
  available!: boolean;

  @ApiPropertyOptional({
    enum: OFFER_REJECTIONS,
    description: 'Why it is not to be had. `not-offered-so`: not in this billing mode.',
  })
  reason?: OfferRejection;
}

export class GpuOffersView {
  @ApiProperty({ description: 'What a create takes as `productName`.', example: 'RTX 4090 24GB' })
  name!: string;

  @ApiProperty({ type: [OfferView], description: 'One for each region: first what is to be had, cheapest first.' })
  offers!: OfferView[];
}

export class OffersView {
  @ApiProperty({ type: [GpuOffersView] })
  gpus!: GpuOffersView[];

  @ApiProperty({ example: 1 })
  gpuNum!: number;

  @ApiProperty({ enum: BILLING_MODES, example: 'onDemand' })
  billingMode!: BillingMode;

  @ApiProperty(AS_OF)
  asOf!: string;
}

export class ClusterView {
  @ApiProperty({ example: '5' })
  id!: string;

  @ApiProperty({ description: 'What a create takes as `region`.', example: 'CN-HK-01' })
  name!: string;

  @ApiProperty({ type: [String], example: ['RTX 4090'] })
  gpuTypes!: string[];

  @ApiProperty({ example: true })
  supportsNetworkStorage!: boolean;

  @ApiProperty({ example: false })
  supportsInstanceNetwork!: boolean;
}

export class ClustersView {
  @ApiProperty({ type: [ClusterView] })
  clusters!: ClusterView[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiProperty({
    description: 'The region that a create without `region` tries first: DEFAULT_REGION.',
    example: 'CN-HK-01',
  })
  defaultRegion!: string;

  @ApiProperty(AS_OF)
  asOf!: string;
}

export class TemplatePortView {
  @ApiProperty({ example: 8888 })
  port!: number;

  @ApiProperty({ enum: ['http', 'tcp'] })
  protocol!: PortProtocol;
}

export class TemplateEnvView {
  @ApiProperty({ example: 'JUPYTER_TOKEN' })
  key!: string;

  @ApiPropertyOptional({ description: 'Operators and admins only.', example: 'sample-value' })
  value?: string;
}

export class TemplateView {
  @ApiProperty({ description: 'What a create takes as `templateId`.', example: '212' })
  id!: string;

  @ApiProperty({ example: 'PyTorch 2.6 with Jupyter' })
  name!: string;

  @ApiPropertyOptional({ description: 'official, community or private.', example: 'official' })
  channel?: string;

  @ApiProperty({ example: 'pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime' })
  image!: string;

  @ApiPropertyOptional({ description: 'GB.', example: 60 })
  rootfsSize?: number;

  @ApiProperty({ type: [TemplatePortView] })
  ports!: TemplatePortView[];

  @ApiProperty({ type: [TemplateEnvView] })
  envs!: TemplateEnvView[];

  @ApiPropertyOptional({ example: 'jupyter lab --ip 0.0.0.0' })
  startCommand?: string;

  @ApiPropertyOptional({ example: '/opt/start.sh' })
  entrypoint?: string;

  @ApiPropertyOptional({ example: '12.4' })
  minCudaVersion?: string;
}

export class TemplatesView {
  @ApiProperty({ type: [TemplateView] })
  templates!: TemplateView[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiProperty(AS_OF)
  asOf!: string;
}
