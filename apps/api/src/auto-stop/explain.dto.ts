import { type ActivitySignal, IDLE_RULES, type IdleEvaluation, type IdleRule } from '@app/auto-stop';
import {
  AUDIT_ENTRY_KINDS,
  AUDIT_LOG_LENGTH,
  type AuditEntryKind,
  type IdleExemption,
  INSTANCE_STATUSES,
  type InstanceStatus,
} from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { QueryLimit } from '../core/http/input-members.js';
import { AutoStopLeaseView, LifetimeView, StopHoldView } from '../instances/auto-stop-view.dto.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
const FROM = ['instance', 'template', 'fleet'] as const;

const EXEMPTIONS: Readonly<Record<IdleExemption, true>> = {
  'switched-off-for-all': true,
  'switched-off-for-this-one': true,
  'switched-off-for-its-template': true,
  'made-elsewhere': true,
  'billed-monthly': true,
  'not-ready': true,
  'not-wished-to-run': true,
};

export class ActivitySignalView {
  @ApiProperty({
    enum: ['ready', 'use', 'lease', 'gpu'],
    description: '`ready`: it became ready. `use`: somebody reported it. `gpu`: as Novita measured it.',
    example: 'use',
  })
  kind!: ActivitySignal['kind'];

  @ApiProperty({ ...MOMENT, description: 'Of a lease: until when.' })
  at!: string;

  @ApiProperty({ description: 'Who said so.', example: 'user:ci:inference-gateway' })
  by!: string;

  @ApiPropertyOptional({ example: 'training run 42' })
  detail?: string;
}

export class AutoStopInForceView {
  @ApiProperty({ example: true })
  enabled!: boolean;

  @ApiProperty({ enum: FROM, description: 'Who says so.', example: 'fleet' })
  enabledFrom!: (typeof FROM)[number];

  @ApiProperty({ description: 'Minutes without use, until it is stopped.', example: 20 })
  thresholdMinutes!: number;

  @ApiProperty({ enum: FROM, description: 'Who says so.', example: 'instance' })
  thresholdFrom!: (typeof FROM)[number];

  @ApiProperty({ description: 'Minutes before the stop at which a warning goes out; 0 for none.', example: 5 })
  warningMinutes!: number;

  @ApiPropertyOptional({ type: AutoStopLeaseView, description: 'Also when it is over.' })
  lease?: AutoStopLeaseView;
}

/** Why an instance is kept, or will be stopped. A member that does not apply is absent. */
@ApiSchema({ name: 'IdleEvaluation' })
export class IdleView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiProperty({
    enum: ['keep', 'warn', 'stop'],
    description: '`keep`: nothing happens. `warn`: it will be stopped soon. `stop`: the next check stops it.',
    example: 'keep',
  })
  verdict!: IdleEvaluation['verdict'];

  @ApiProperty({ enum: IDLE_RULES, description: 'The rule that decided.', example: 'used-lately' })
  rule!: IdleRule;

  @ApiPropertyOptional({
    enum: Object.keys(EXEMPTIONS),
    description: 'Why being unused does not count against it.',
    example: 'billed-monthly',
  })
  exemption?: IdleExemption;

  @ApiProperty({ description: 'In one sentence.', example: 'Used 2 minutes ago, as user:ci reported.' })
  reason!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Since when nothing is known to have used it.' })
  idleSince?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it will be stopped if nothing happens.' })
  stopAt?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When the answer could be another one without anything happening.' })
  nextEvaluation?: string;

  @ApiProperty({ type: [ActivitySignalView], description: 'All signals of use that are known, the latest first.' })
  signs!: ActivitySignalView[];

  @ApiPropertyOptional({ type: StopHoldView, description: 'The latest hold of its stop, if any.' })
  stopHold?: StopHoldView;

  @ApiPropertyOptional({
    type: LifetimeView,
    description: 'Its hard end, which no use and no lease moves; absent for one without.',
  })
  lifetime?: LifetimeView;

  @ApiProperty({
    type: [String],
    description: 'What somebody could do, with the route.',
    example: ['PUT /api/v1/instances/ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/lease declares it busy until a time.'],
  })
  whatWouldChangeIt!: string[];

  @ApiProperty({ ...MOMENT })
  evaluatedAt!: string;

  @ApiProperty({ description: 'The same as in `autoStop`.', example: 20 })
  thresholdMinutes!: number;

  @ApiProperty({ type: AutoStopInForceView, description: 'What is in force for it.' })
  autoStop!: AutoStopInForceView;
}

export class AuditLogQuery {
  @QueryLimit(AUDIT_LOG_LENGTH, AUDIT_LOG_LENGTH)
  limit?: number;
}

export class AuditEntryView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:20:00.000Z' })
  at!: string;

  @ApiProperty({ enum: AUDIT_ENTRY_KINDS, example: 'wish' })
  kind!: AuditEntryKind;

  @ApiProperty({ description: '`user:<name of the key>` or a part of the system.', example: 'auto-stop' })
  by!: string;

  @ApiPropertyOptional({ description: 'Of `status` and `wish`: what it was before.', example: 'running' })
  from?: string;

  @ApiPropertyOptional({ description: 'Of `status` and `wish`: what it is since.', example: 'stopped' })
  to?: string;

  @ApiProperty({ description: 'In words, with the signals that it rests on.', example: 'Unused for 20 minutes.' })
  reason!: string;
}

export class AuditLogView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ type: [AuditEntryView], description: `The latest first; the last ${AUDIT_LOG_LENGTH} are kept.` })
  entries!: AuditEntryView[];
}
