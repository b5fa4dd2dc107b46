import { BoardQueues } from '@app/jobs';
import { NovitaHealth } from '@app/novita-client';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { ME_EXAMPLE } from '../openapi/dashboard-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { MeView } from './me.dto.js';
import { RELEASE } from './release.js';

@ApiTags('dashboard')
@Controller(apiPath('me'))
export class MeController {
  constructor(
    @Inject(BoardQueues) private readonly queues: BoardQueues | null,
    private readonly novita: NovitaHealth,
  ) {}

  @Get()
  @Operation({
    id: 'getMe',
    summary: 'Whose key this is, and what it may do',
    description: 'For clients that show only what the key may use. Needs neither Redis nor Novita.',
    access: 'viewer',
    answers: { 200: { description: 'The holder of the key.', type: MeView, example: ME_EXAMPLE } },
  })
  me(@Req() { caller, url }: Pick<FastifyRequest, 'caller' | 'url'>): MeView {
    if (caller === null) throw new Error(`${url} let a request in without a key`);
    return {
      name: caller.name,
      role: caller.role,
      version: RELEASE,
      queues: this.queues !== null,
      sandbox: this.novita.sandbox(),
    };
  }
}
