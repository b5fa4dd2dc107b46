import { InstanceTokens, lifecycleProblems } from '@app/lifecycle';
import { Controller, Delete, Header, Param, Post, Req } from '@nestjs/common';
import { ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import type { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceAnswers } from './instance-answers.js';
import { CommandAnswer } from './instance-view.dto.js';
import { INSTANCE_EXAMPLE } from './instances.examples.js';
import { InstanceIdParam, parseInstanceRef } from './read-instance.js';

const REVOKED = 'The instance has no token any more.';

@ApiSchema({ name: 'InstanceToken' })
export class InstanceTokenAnswer {
  @ApiProperty({ example: INSTANCE_EXAMPLE.id })
  instanceId!: string;

  @ApiProperty({
    description: 'Shown this once: what is kept of it is a hash.',
    example: `nft_${INSTANCE_EXAMPLE.id}_${'0123456789abcdef'.repeat(4)}`,
  })
  token!: string;
}

/** The token with which an instance reports its own use, for a job inside it that shall know no other key. */
@ApiTags('commands')
@Controller(apiPath('instances'))
export class InstanceTokenController {
  constructor(
    private readonly tokens: InstanceTokens,
    private readonly answers: InstanceAnswers,
  ) {}

  @Post(':id/token')
  @InstanceIdParam()
  // A store of answers that were sent would be one more place to read it from.
  @Header('cache-control', 'no-store')
  @Operation({
    id: 'issueInstanceToken',
    summary: 'Make a token for one instance',
    description:
      'With it the instance may read itself, report its use, and take or end its lease; nothing else. It takes the place of every earlier one and ends with the instance. `reportToken` in a create gives an instance one at once.',
    access: 'operator',
    limitedKeys: true,
    answers: {
      201: {
        description: 'The token.',
        type: InstanceTokenAnswer,
        example: {
          instanceId: INSTANCE_EXAMPLE.id,
          token: `nft_${INSTANCE_EXAMPLE.id}_${'0123456789abcdef'.repeat(4)}`,
        },
      },
    },
    problems: [
      lifecycleProblems['instance-not-found'],
      lifecycleProblems['instance-terminated'],
      lifecycleProblems['not-adopted'],
    ],
  })
  async issue(@Param('id') id: string, @Req() request: FastifyRequest): Promise<InstanceTokenAnswer> {
    const { token, stored } = await this.tokens.issue(parseInstanceRef(id), callerOf(request));
    return { instanceId: stored.record.id, token };
  }

  @Delete(':id/token')
  @InstanceIdParam()
  @Operation({
    id: 'revokeInstanceToken',
    summary: 'Revoke the token of an instance',
    description: 'No token of it is accepted any more, and a machine that is bought in its place gets none.',
    access: 'operator',
    limitedKeys: true,
    answers: {
      200: {
        description: 'The instance without a token.',
        type: CommandAnswer,
        example: { ...INSTANCE_EXAMPLE, instanceId: INSTANCE_EXAMPLE.id, message: REVOKED },
      },
    },
    problems: [lifecycleProblems['instance-not-found']],
  })
  async revoke(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.tokens.revoke(parseInstanceRef(id), callerOf(request));
    return this.answers.commanded(request, stored, REVOKED);
  }
}
