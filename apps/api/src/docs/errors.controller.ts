import { PLATFORM_PROBLEMS, Problem, ProblemRegistry } from '@app/platform';
import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE, prefersHtml } from '../core/http/negotiation.js';
import { DocumentPages } from '../web-page/document-pages.js';
import { problemIndex, problemPage } from './problem-pages.js';

const CONFIG = { access: 'public', page: 'document' } as const;

/** The pages to which the `type` of every problem leads: its meaning and what to do, for people and for programs. */
@ApiExcludeController()
@Controller('errors')
export class ErrorsController {
  constructor(
    private readonly registry: ProblemRegistry,
    private readonly documents: DocumentPages,
  ) {}

  @Get()
  @RouteConfig(CONFIG)
  index(
    @Headers('accept') accept: string | undefined,
    @Req() { url }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const types = this.registry.all();
    if (prefersHtml(accept)) this.documents.send(reply, { ...problemIndex(types), url });
    else void reply.header('vary', 'Accept, Accept-Encoding').type(JSON_TYPE).send({ errors: types });
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
    if (prefersHtml(accept)) this.documents.send(reply, { ...problemPage(type), url: request.url });
    else
      void reply
        .header('vary', 'Accept, Accept-Encoding')
        .type(JSON_TYPE)
        .send({ type: `${request.prefix}/errors/${type.code}`, ...type });
  }
}
