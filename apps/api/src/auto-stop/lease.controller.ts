import { autoStopProblems, Leases } from '@app/auto-stop';
import type { FleetRead, StoredInstance } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock, Problem } from '@app/platform';
import { Body, Controller, Delete, Param, Put, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { callerOf } from '../http/caller.js';
import { Validated } from '../http/validated.pipe.js';
import { InstanceAnswers } from '../instances/answer-instance.js';
import { InstanceIdParam } from '../instances/instance-id-param.decorator.js';
import { parseInstanceRef } from '../instances/instance-ref.js';
import { CommandAnswer } from '../instances/instance-view.dto.js';
import { LEASE_ENDED_EXAMPLE, LEASE_EXAMPLE } from '../openapi/auto-stop-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { LeaseInput, leaseEnd } from './lease.dto.js';

const WHILE_AWAY = 'Redis is away: it is kept, and counts as soon as it is back.';

/** A lease declares an instance busy for a while, for work that reports no use of its own. */
@ApiTags('auto-stop')
@Controller(apiPath('instances'))
export class LeaseController {
  constructor(
    private readonly leases: Leases,
    private readonly answers: InstanceAnswers,
    private readonly clock: Clock,
  ) {}

  @Put(':id/lease')
  @InstanceIdParam()
  @ApiBody({
    type: LeaseInput,
    examples: {
      minutes: { summary: 'Busy for the next four hours', value: { minutes: 240, reason: 'training run 42' } },
      until: { summary: 'Busy until then', value: { until: '2026-03-01T18:00:00Z', reason: 'training run 42' } },
    },
  })
  @Operation({
    id: 'leaseInstance',
    summary: 'Declare an instance busy until a time',
    description:
      'It is not stopped as idle before then; its idle time begins with the end of the lease. A lease replaces the one before and lasts at most AUTO_STOP_MAX_LEASE. It does not start an instance, and does not keep one from being stopped by hand.',
    access: 'operator',
    takenWhileAway: true,
    idempotent: true,
    takesBody: true,
    answers: {
      200: { description: 'The instance with its lease.', type: CommandAnswer, example: LEASE_EXAMPLE },
      202: { description: WHILE_AWAY, type: CommandAnswer, example: LEASE_EXAMPLE },
    },
    problems: [
      autoStopProblems['lease-not-plausible'],
      lifecycleProblems['instance-not-found'],
      lifecycleProblems['instance-terminated'],
      lifecycleProblems['not-adopted'],
    ],
  })
  async lease(
    @Param('id') id: string,
    @Body(new Validated(LeaseInput)) input: LeaseInput,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const until = leaseEnd(input, this.clock.now());
    const stored = await this.leases
      .lease(parseInstanceRef(id), { until, reason: input.reason.trim() }, callerOf(request))
      .catch((error: unknown) => {
        throw input.until === undefined ? blamingMinutes(error) : error;
      });
    reply.code(isFromMemory(stored) ? 202 : 200);
    this.answers.sendCommanded(request, reply, stored, `Not stopped as idle before ${until}`);
  }

  @Delete(':id/lease')
  @InstanceIdParam()
  @Operation({
    id: 'endInstanceLease',
    summary: 'End the lease of an instance',
    description: 'Being unused counts against it again. An instance without a lease is answered as it is.',
    access: 'operator',
    takenWhileAway: true,
    idempotent: true,
    answers: {
      200: { description: 'The instance without a lease.', type: CommandAnswer, example: LEASE_ENDED_EXAMPLE },
      202: { description: WHILE_AWAY, type: CommandAnswer, example: LEASE_ENDED_EXAMPLE },
    },
    problems: [
      lifecycleProblems['instance-not-found'],
      lifecycleProblems['instance-terminated'],
      lifecycleProblems['not-adopted'],
    ],
  })
  async endLease(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const stored = await this.leases.endLease(parseInstanceRef(id), callerOf(request));
    reply.code(isFromMemory(stored) ? 202 : 200);
    this.answers.sendCommanded(request, reply, stored, LEASE_ENDED_EXAMPLE.message);
  }
}

const isFromMemory = (stored: StoredInstance | FleetRead): boolean =>
  'behindSince' in stored && stored.behindSince !== null;

/** The commands know a lease by its end only; a caller who gave minutes is told of these. */
function blamingMinutes(error: unknown): unknown {
  if (!(error instanceof Problem) || error.details.errors === undefined) return error;
  const errors = error.details.errors.map(({ pointer, detail }) => ({
    pointer: pointer === '/until' ? '/minutes' : pointer,
    detail: pointer === '/until' ? `the end that follows ${detail}` : detail,
  }));
  return new Problem(error.type, { ...error.details, errors });
}
