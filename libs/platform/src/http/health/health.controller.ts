import { Controller, Get, Global, Header, Module, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { TerminusModule } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Draining, HealthIndicatorRegistry, type HealthReport, HealthReporter } from './health.js';

/** For whoever checks API keys: these routes need none. */
const PUBLIC = { access: 'public' } as const;

@Controller({ path: 'health', version: VERSION_NEUTRAL })
class HealthController {
  constructor(private readonly reporter: HealthReporter) {}

  /** Whether the process runs at all; asks nobody else, since a restart would not help them. */
  @Get('live')
  @RouteConfig(PUBLIC)
  @Header('Cache-Control', 'no-store')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether to send requests here: 503 while ending or while something needed is away. */
  @Get('ready')
  @RouteConfig(PUBLIC)
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.reporter.report();
    if (report.status === 'error' || report.status === 'shutting_down') reply.status(503);
    return report;
  }

  /** The same with all details, for people. */
  @Get()
  @RouteConfig(PUBLIC)
  @Header('Cache-Control', 'no-store')
  async health(
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HealthReport & { readonly uptimeSeconds: number }> {
    return { ...(await this.ready(reply)), uptimeSeconds: Math.floor(process.uptime()) };
  }
}

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Draining, HealthIndicatorRegistry, HealthReporter],
  exports: [Draining, HealthIndicatorRegistry, HealthReporter],
})
export class HealthModule {}
