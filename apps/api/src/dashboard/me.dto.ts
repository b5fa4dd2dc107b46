import { API_ROLES, type ApiRole } from '@app/platform';
import { ApiProperty } from '@nestjs/swagger';

export class MeView {
  @ApiProperty({ description: 'The name of the key.', example: 'ci' })
  name!: string;

  @ApiProperty({ enum: API_ROLES, example: 'operator' })
  role!: ApiRole;

  @ApiProperty({ description: 'The release of novita-fleet that answers.', example: '0.1.0' })
  version!: string;

  @ApiProperty({ description: 'Whether there is a board of the queues at /admin/queues.', example: true })
  queues!: boolean;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'Whether a sandbox answers in place of Novita, where no machine is real; null before anything answered.',
    example: false,
  })
  sandbox!: boolean | null;
}
