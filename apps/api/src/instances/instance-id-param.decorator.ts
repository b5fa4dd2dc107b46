import { ApiParam } from '@nestjs/swagger';

/** Documents the `{id}` of an instance. */
export function InstanceIdParam(): MethodDecorator {
  return ApiParam({
    name: 'id',
    description: 'Our id or the Novita id.',
    schema: { type: 'string', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' },
  });
}
