import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

export class ProblemFieldError {
  @ApiProperty({
    description: 'JSON pointer into the body, or `?name` for a query parameter.',
    example: '/ports/0',
  })
  pointer!: string;

  @ApiProperty({ example: 'must be a port and its protocol, such as 8080/http or 22/tcp' })
  detail!: string;
}

/** RFC 9457. */
@ApiSchema({ name: 'Problem' })
export class ProblemDocument {
  @ApiProperty({
    description: 'The page of this kind of problem.',
    format: 'uri-reference',
    example: '/errors/instance-not-found',
  })
  type!: string;

  @ApiProperty({ example: 'No such instance' })
  title!: string;

  @ApiProperty({ example: 404 })
  status!: number;

  @ApiProperty({ example: 'There is no instance with this id.' })
  detail!: string;

  @ApiProperty({
    description: 'This occurrence: the request in which it was met.',
    example: 'urn:request:4f9d0c1e-7a52-4b7e-9d0f-1c2b3a4d5e6f',
  })
  instance!: string;

  @ApiProperty({ description: 'Never changes its meaning.', example: 'instance-not-found' })
  code!: string;

  @ApiProperty({ description: 'Whether the same request can succeed later without a change.', example: false })
  retryable!: boolean;

  @ApiProperty({ example: 'Look it up with GET /api/v1/instances.' })
  suggestion!: string;

  @ApiProperty({ example: '4f9d0c1e-7a52-4b7e-9d0f-1c2b3a4d5e6f' })
  requestId!: string;

  @ApiPropertyOptional({ type: [ProblemFieldError], description: 'Every violation of the input.' })
  errors?: ProblemFieldError[];
}
