import { Clock, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { WatchdogPresence, WatchdogSettings } from '@app/watchdog';
import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf, holderOf } from '../core/auth/access.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { TakeOver } from './take-over.js';
import { WATCHDOG_REPORT_EXAMPLE, WatchdogReportInput, WatchdogReportView } from './watchdog.dto.js';

/** Where the watchdog says that it is alive, and what it did while this API was silent. */
@ApiTags('watchdog')
@Controller(apiPath('watchdog'))
export class WatchdogController {
  constructor(
    private readonly presence: WatchdogPresence,
    private readonly takeOver: TakeOver,
    private readonly settings: WatchdogSettings,
    private readonly clock: Clock,
  ) {}

  @Post('reports')
  @ApiBody({ type: WatchdogReportInput, examples: { stopped: { value: WATCHDOG_REPORT_EXAMPLE } } })
  @Operation({
    id: 'reportWatchdog',
    summary: 'Report what the watchdog did',
    description:
      'For the watchdog only: the key must have the name that WATCHDOG_KEY_NAME says; its role may be viewer. An instance that it stopped gets the desired state `stopped`, so that nothing starts it again, unless somebody has asked for another state since. What it would only have stopped is entered in the audit log.',
    access: 'viewer',
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: {
        description: 'What was taken over.',
        type: WatchdogReportView,
        example: { taken: ['ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'] },
      },
    },
  })
  async report(
    @Body(new Validated(WatchdogReportInput)) { dryRun, remembered, acts }: WatchdogReportInput,
    @Req() request: FastifyRequest,
  ): Promise<WatchdogReportView> {
    const { name } = holderOf(request);
    if (name !== this.settings.WATCHDOG_KEY_NAME) {
      throw new Problem(PLATFORM_PROBLEMS.forbidden, {
        detail: `Only the key named ${this.settings.WATCHDOG_KEY_NAME} may report for the watchdog; this one is ${name}.`,
      });
    }
    const taken = await this.takeOver.of(acts, callerOf(request));
    await this.presence.note({ at: this.clock.timestamp(), dryRun, remembered });
    return { taken };
  }
}
