import {
  type Actor,
  DegradedMode,
  IdleTracker,
  InstanceRecords,
  refuseWhatOthersMade,
  type TouchResult,
  targetOf,
} from '@app/instance-store';
import { type Caller, type InstanceRef, lifecycleProblems } from '@app/lifecycle';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { Body, Controller, Param, Put, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { ClockText } from '../core/http/api-headers.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { LastUsedAnswer, LastUsedInput } from './instance-commands.dto.js';
import { lastUsedText, sendText } from './instance-text.js';
import { type LastUsedVerdict, lastUsedMessage, notBeforeStart, notInFuture } from './last-used.rules.js';
import { InstanceIdParam, instanceNotFound, parseInstanceRef } from './read-instance.js';

const TOUCHED: LastUsedAnswer = {
  instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  lastUsedAt: '2026-03-01T10:00:00.000Z',
  status: 'ready',
  message: 'Last used time updated',
};

@ApiTags('commands')
@Controller(apiPath('instances'))
export class LastUsedController {
  private readonly clockText: ClockText;

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly clock: Clock,
    private readonly degraded: DegradedMode,
  ) {
    this.clockText = new ClockText(clock);
  }

  @Put(':id/last-used')
  @InstanceIdParam()
  @ApiBody({
    type: LastUsedInput,
    required: false,
    examples: {
      now: { summary: 'It is used now', value: {} },
      earlier: { summary: 'It was used a while ago', value: { lastUsedAt: '2026-03-01T10:00:00Z', source: 'gateway' } },
    },
  })
  @Operation({
    id: 'reportInstanceUse',
    summary: 'Report that an instance is in use',
    description:
      'Moves the time of last use forward, never back, and with it the time at which the instance is stopped as idle. It does not revoke a stop that is decided: `status` shows it. Costs the same at every fleet size; makes no new revision.',
    access: 'operator',
    limitedKeys: true,
    ownInstance: true,
    acceptedWhileAway: true,
    takesBody: true,
    answers: {
      200: {
        description: 'The latest use that is known.',
        type: LastUsedAnswer,
        example: TOUCHED,
      },
      202: {
        description: 'Redis is away: the use is kept, and counts as soon as it is back.',
        type: LastUsedAnswer,
        example: TOUCHED,
      },
    },
    problems: [API_PROBLEMS['last-used-not-plausible'], lifecycleProblems['instance-not-found']],
  })
  async report(
    @Param('id') id: string,
    @Body(new Validated(LastUsedInput, 'body', 'empty')) { lastUsedAt, source }: LastUsedInput,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const ref = parseInstanceRef(id);
    await this.refuseWhatOthersPayFor(ref, callerOf(request));
    const at = lastUsedAt === undefined ? this.clockText.now() : await this.plausible(ref, lastUsedAt);
    const caller: Actor = `user:${callerOf(request).keyName}`;
    const by: Actor = source === undefined ? caller : `${caller}:${source}`;
    let isKept = false;
    const touched = await this.degraded.either(
      () => this.idle.touch(ref, at, by),
      () => {
        isKept = true;
        return this.touchDegraded(ref, at, by);
      },
    );
    if (isKept) reply.code(202);
    if (touched.outcome === 'missing') throw instanceNotFound();
    sendText(reply, lastUsedText(touched, lastUsedMessage(touched.moved, touched.status)));
  }

  /** Only for a key with limits: for any other "now" costs no read of the record. */
  private async refuseWhatOthersPayFor(ref: InstanceRef, caller: Caller): Promise<void> {
    if (caller.limits === undefined) return;
    const record = await this.degraded.either(
      async () => (await this.records.get(ref))?.record ?? null,
      async () => this.degraded.known(ref),
    );
    if (record !== null) refuseWhatOthersMade(record, caller, 'report the use of');
  }

  private async touchDegraded(ref: InstanceRef, usedAt: Timestamp, by: Actor): Promise<TouchResult> {
    const record = this.degraded.known(ref);
    const { id, status } = record;
    const knownUse = await this.degraded.lastUse(id);
    const command = { kind: 'last-used', at: this.clock.timestamp(), by, usedAt, target: targetOf(record) } as const;
    await this.degraded.keep([command]);
    const moved = knownUse === null || usedAt > knownUse;
    return { outcome: 'touched', id, status, moved, lastUsedAt: moved ? usedAt : knownUse };
  }

  /** Only a time that the caller names is held against the record: "now" is always plausible and costs no second read. */
  private async plausible(ref: InstanceRef, reported: string): Promise<Timestamp> {
    const at = accepted(notInFuture(Date.parse(reported), this.clock.now()));
    const { started, created } = await this.degraded.either(
      async () => {
        const stored = await this.records.get(ref);
        if (stored === null) throw instanceNotFound();
        return stored.record.timestamps;
      },
      async () => this.degraded.known(ref).timestamps,
    );
    return accepted(notBeforeStart(at, started ?? created));
  }
}

function accepted(verdict: LastUsedVerdict): Timestamp {
  if (verdict.valid) return verdict.at;
  throw new Problem(API_PROBLEMS['last-used-not-plausible'], {
    detail: `lastUsedAt ${verdict.detail}.`,
    errors: [{ pointer: '/lastUsedAt', detail: verdict.detail }],
  });
}
