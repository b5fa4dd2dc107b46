import { PLATFORM_PROBLEMS, Problem, ProblemRegistry, renderProblemIndex, renderProblemPage } from '@app/platform';
import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTML_TYPE, JSON_TYPE, prefersHtml } from '../core/http/negotiation.js';

const CONFIG = { access: 'public', page: 'document' } as const;

/** The pages to which the `type` of every problem leads: its meaning and what to do, for people and for programs. */
@ApiExcludeController()
@Controller('errors')
export class ErrorsController {
  constructor(private readonly registry: ProblemRegistry) {}

  @Get()
  @RouteConfig(CONFIG)
  index(@Headers('accept') accept: string | undefined, @Res() reply: FastifyReply): void {
    const types = this.registry.all();
    if (prefersHtml(accept)) void reply.type(HTML_TYPE).send(renderProblemIndex(types));
    else void reply.type(JSON_TYPE).send({ errors: types });
  }

  @Get(':code')
  @RouteConfig(CONFIG)
  page(
    @Param('code') code: string,
    @Headers('accept') accept: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const type = this.registry.find(code);
    if (type === null) {
      throw new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'There is no problem with this code.' });
    }
    if (prefersHtml(accept)) void reply.type(HTML_TYPE).send(renderProblemPage(type));
    else void reply.type(JSON_TYPE).send({ type: `${request.prefix}/errors/${type.code}`, ...type });
  }
}
