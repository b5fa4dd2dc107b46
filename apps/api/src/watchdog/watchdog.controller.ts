import { FleetView } from '@app/instance-store';
import { InstanceCommands } from '@app/lifecycle';
import { Clock, msFromTimestamp, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { WatchdogPresence, WatchdogSettings } from '@app/watchdog';
import { Body, Controller, Logger, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf, holderOf } from '../core/auth/access.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { parseInstanceRef } from '../instances/read-instance.js';
import {
  WATCHDOG_REPORT_EXAMPLE,
  type WatchdogActInput,
  WatchdogReportInput,
  WatchdogReportView,
} from './watchdog.dto.js';

/** Where the watchdog says that it is alive, and what it did while this API was silent. */
@ApiTags('watchdog')
@Controller(apiPath('watchdog'))
export class WatchdogController {
  private readonly logger = new Logger('Watchdog');

  constructor(
    private readonly presence: WatchdogPresence,
    private readonly fleet: FleetView,
    private readonly commands: InstanceCommands,
    private readonly settings: WatchdogSettings,
    private readonly clock: Clock,
  ) {}

  @Post('reports')
  @ApiBody({ type: WatchdogReportInput, examples: { stopped: { value: WATCHDOG_REPORT_EXAMPLE } } })
  @Operation({
    id: 'reportWatchdog',
    summary: 'Report what the watchdog did',
    description:
      'For the watchdog only: the key must have the name that WATCHDOG_KEY_NAME says; its role may be viewer. An instance that it stopped gets the desired state `stopped`, so that nothing starts it again, unless somebody has asked for another state since.',
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
    const taken: string[] = [];
    // Few: what was overdue while no API answered.
    for (const act of acts) {
      if (await this.takeOver(act, request)) taken.push(act.id);
    }
    await this.presence.note({ at: this.clock.timestamp(), dryRun, remembered });
    return { taken };
  }

  /** @returns whether the record got the desired state that the watchdog has carried out */
  private async takeOver(act: WatchdogActInput, request: FastifyRequest): Promise<boolean> {
    if (act.dryRun) return false;
    const ref = parseInstanceRef(act.id);
    const found = await this.fleet.get(ref);
    if (found === null || found.record.novitaInstanceId !== act.novitaInstanceId) return false;
    const { desired } = found.record;
    if (desired.state !== 'running' || msFromTimestamp(desired.at) > Date.parse(act.at)) return false;
    this.logger.warn('the watchdog has stopped an instance while no API answered', { instanceId: act.id, at: act.at });
    try {
      const { outcome } = await this.commands.run('stop', ref, callerOf(request), {
        ifRevision: found.record.revision,
      });
      return outcome === 'accepted';
    } catch (error) {
      // One that cannot be taken over must not keep the others, and every later report, from it: the life cycle sees the stop itself.
      if (!(error instanceof Problem)) throw error;
      this.logger.warn('its stop could not be taken over', { instanceId: act.id, code: error.type.code });
      return false;
    }
  }
}
