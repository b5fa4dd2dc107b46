import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class StopAllItemView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiPropertyOptional({ description: 'USD.', example: 0.35 })
  pricePerHour?: number;
}

export class StopAllReasonView extends StopAllItemView {
  @ApiProperty({ description: 'Why it was left alone, or what failed.', example: 'made elsewhere' })
  reason!: string;
}

export class StopAllData {
  @ApiProperty({ example: true })
  dryRun!: boolean;

  @ApiProperty({ type: [StopAllItemView] })
  stopping!: StopAllItemView[];

  @ApiProperty({ type: [StopAllReasonView], description: 'Left alone.' })
  skipped!: StopAllReasonView[];

  @ApiProperty({ type: [StopAllReasonView] })
  failed!: StopAllReasonView[];
}

export class StopAllAnswer {
  @ApiProperty({ description: 'False when one of them could not be told to stop.', example: true })
  success!: boolean;

  @ApiProperty({ example: 'Dry run: 1 instance would be stopped' })
  message!: string;

  @ApiProperty({ type: StopAllData })
  data!: StopAllData;
}
