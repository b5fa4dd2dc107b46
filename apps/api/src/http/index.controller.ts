import { Controller, Get, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** A signpost for whoever opens the address in a browser or with curl. */
@ApiExcludeController()
@Controller()
export class IndexController {
  @Get()
  @RouteConfig({ access: 'public' })
  index(@Res() reply: FastifyReply): void {
    void reply
      .type('text/plain; charset=utf-8')
      .send(
        'novita-fleet\n\n/docs              the API, to read and to try\n/openapi.json      the same for generators\n/errors            what can go wrong\n/health            how it is\n/api/v1/instances  the fleet (with a key)\n',
      );
  }
}
