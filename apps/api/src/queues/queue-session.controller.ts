import { BoardQueues } from '@app/jobs';
import { Settings } from '@app/platform';
import { Controller, Delete, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noQueues } from './no-queues.js';
import { QueueSessions } from './queue-sessions.js';
import { endedCookie, isSecureCookie, sessionCookie } from './session-cookie.js';

/** Lets a browser into the board of the queues: it sends the key once, and a cookie for an hour after that. */
@ApiExcludeController()
@Controller('admin/queues/session')
export class QueueSessionController {
  private readonly isProduction: boolean;

  constructor(
    private readonly sessions: QueueSessions,
    @Inject(BoardQueues) private readonly queues: BoardQueues | null,
    settings: Settings,
  ) {
    this.isProduction = settings.NODE_ENV === 'production';
  }

  @Post()
  @HttpCode(204)
  @RouteConfig({ access: 'admin' })
  open(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    if (this.queues === null) throw noQueues();
    if (request.caller === null) throw new Error('the route let a request in without a key');
    const token = this.sessions.open(request.caller);
    const cookie = sessionCookie(token, this.isSecure(request), request.prefix);
    reply.headers({ 'cache-control': 'no-store', 'set-cookie': cookie });
  }

  /** Without a key: a session that is over, or whose key is gone, must be ended as well. */
  @Delete()
  @HttpCode(204)
  @RouteConfig({ access: 'public' })
  end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    reply.headers({ 'cache-control': 'no-store', 'set-cookie': endedCookie(this.isSecure(request), request.prefix) });
  }

  private isSecure(request: FastifyRequest): boolean {
    const forwarded = request.headers['x-forwarded-proto'];
    return isSecureCookie({
      protocol: request.protocol,
      forwardedProtocol: Array.isArray(forwarded) ? forwarded[0] : forwarded,
      hostname: request.hostname,
      isProduction: this.isProduction,
    });
  }
}
