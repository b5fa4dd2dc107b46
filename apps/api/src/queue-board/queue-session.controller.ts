import { BoardQueues } from '@app/jobs';
import { Problem, ProcessSettings } from '@app/platform';
import { Controller, Delete, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { holderOf } from '../core/auth/access.js';
import { endedCookie, isSecureCookie, QueueSessions, sessionCookie } from '../core/auth/queue-session.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';

/** Lets a browser into the board of the queues: it sends the key once, and a cookie for an hour after that. */
@ApiExcludeController()
@Controller('admin/queues/session')
export class QueueSessionController {
  private readonly isProduction: boolean;

  constructor(
    private readonly sessions: QueueSessions,
    @Inject(BoardQueues) private readonly queues: BoardQueues | null,
    settings: ProcessSettings,
  ) {
    this.isProduction = settings.NODE_ENV === 'production';
  }

  @Post()
  @HttpCode(204)
  @RouteConfig({ access: 'admin' })
  open(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    if (this.queues === null) throw noQueues();
    const token = this.sessions.open(holderOf(request));
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

export function noQueues(): Problem {
  return new Problem(API_PROBLEMS['no-queues'], {
    detail: 'There are no queues without Redis: the jobs of this process are in its memory.',
  });
}
