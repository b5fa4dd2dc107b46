import { autoStopProblems, Leases } from '@app/auto-stop';
import type { FleetRead, StoredInstance } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock, Problem } from '@app/platform';
import { Body, Controller, Delete, Param, Put, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import type { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceAnswers } from '../instances/instance-answers.js';
import { CommandAnswer } from '../instances/instance-view.dto.js';
import { InstanceIdParam, isBehind, parseInstanceRef } from '../instances/read-instance.js';
import { LEASE_ENDED_EXAMPLE, LEASE_EXAMPLE } from './auto-stop.examples.js';
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
    limitedKeys: true,
    ownInstance: true,
    acceptedWhileAway: true,
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
  ): Promise<Answer<CommandAnswer>> {
    const until = leaseEnd(input, this.clock.now());
    const stored = await this.leases
      .lease(parseInstanceRef(id), { until, reason: input.reason.trim() }, callerOf(request))
      .catch((error: unknown) => {
        throw input.until === undefined ? blamingMinutes(error) : error;
      });
    return this.answers.commanded(request, stored, `Not stopped as idle before ${until}`, statusOf(stored));
  }

  @Delete(':id/lease')
  @InstanceIdParam()
  @Operation({
    id: 'endInstanceLease',
    summary: 'End the lease of an instance',
    description: 'Being unused counts against it again. An instance without a lease is answered as it is.',
    access: 'operator',
    limitedKeys: true,
    ownInstance: true,
    acceptedWhileAway: true,
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
  async endLease(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.leases.endLease(parseInstanceRef(id), callerOf(request));
    return this.answers.commanded(request, stored, LEASE_ENDED_EXAMPLE.message, statusOf(stored));
  }
}

/** While Redis is away the lease is only accepted. */
const statusOf = (stored: StoredInstance | FleetRead): number => (isBehind(stored) ? 202 : 200);

/** The commands know a lease by its end only; the answer to a caller who gave minutes speaks of these. */
function blamingMinutes(error: unknown): unknown {
  if (!(error instanceof Problem) || error.details.errors === undefined) return error;
  const errors = error.details.errors.map(({ pointer, detail }) => ({
    pointer: pointer === '/until' ? '/minutes' : pointer,
    detail: pointer === '/until' ? `the end that follows ${detail}` : detail,
  }));
  return new Problem(error.type, { ...error.details, errors });
}
