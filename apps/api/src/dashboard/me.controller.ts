import { BoardQueues } from '@app/jobs';
import { KubernetesView } from '@app/kubernetes-source';
import { NovitaHealth } from '@app/novita-client';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import manifest from '../../../../package.json' with { type: 'json' };
import { holderOf } from '../core/auth/access.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { MeView } from './dashboard.dto.js';
import { ME_EXAMPLE } from './dashboard.examples.js';

/** The version of the release; the API's own is in its paths. */
const RELEASE: string = manifest.version;

@ApiTags('dashboard')
@Controller(apiPath('me'))
export class MeController {
  constructor(
    @Inject(BoardQueues) private readonly queues: BoardQueues | null,
    @Inject(KubernetesView) private readonly cluster: KubernetesView | null,
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
  me(@Req() request: Pick<FastifyRequest, 'caller' | 'url'>): MeView {
    const { name, role } = holderOf(request);
    return {
      name,
      role,
      version: RELEASE,
      queues: this.queues !== null,
      kubernetes: this.cluster !== null,
      sandbox: this.novita.sandbox(),
    };
  }
}
