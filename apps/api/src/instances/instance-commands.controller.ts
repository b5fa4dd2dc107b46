import { InstanceCommands, type RunCommand, type RunOptions } from '@app/lifecycle';
import { Body, Controller, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import type { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { CommandById, CommandByName } from './command-operation.decorator.js';
import { InstanceAnswers } from './instance-answers.js';
import { ByNameInput } from './instance-commands.dto.js';
import type { CommandAnswer } from './instance-view.dto.js';
import { parseInstanceRef } from './read-instance.js';
import { OverSpendLimitQuery, SpendGate } from './spend-gate.js';

/** Start, stop, restart and delete; by id, and by name for those who know no id. */
@ApiTags('commands')
@Controller(apiPath('instances'))
export class InstanceCommandsController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly answers: InstanceAnswers,
    private readonly gate: SpendGate,
  ) {}

  @Post(':id/start')
  @CommandById('start', 'Start an instance')
  async start(
    @Param('id') id: string,
    @Query(new Validated(OverSpendLimitQuery, 'query')) query: OverSpendLimitQuery,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CommandAnswer>> {
    const passed = await this.gate.passStart(parseInstanceRef(id), query, request);
    return this.run('start', id, request, passed);
  }

  @Post(':id/stop')
  @CommandById('stop', 'Stop an instance')
  async stop(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    return this.run('stop', id, request);
  }

  @Post(':id/restart')
  @CommandById('restart', 'Restart an instance that runs')
  async restart(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    return this.run('restart', id, request, await this.gate.capOf(request));
  }

  @Post('start')
  @CommandByName('start', 'Start an instance by its name')
  async startByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CommandAnswer>> {
    const passed = await this.gate.passStart(null, {}, request);
    return this.runByName('start', instanceName, request, passed);
  }

  @Post('stop')
  @CommandByName('stop', 'Stop an instance by its name')
  async stopByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CommandAnswer>> {
    return this.runByName('stop', instanceName, request);
  }

  @Post('delete')
  @CommandByName('delete', 'Delete an instance by its name')
  async deleteByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CommandAnswer>> {
    return this.runByName('delete', instanceName, request);
  }

  private async run(
    command: RunCommand,
    id: string,
    request: FastifyRequest,
    options: RunOptions = {},
  ): Promise<Answer<CommandAnswer>> {
    const outcome = await this.commands.run(command, parseInstanceRef(id), callerOf(request), options);
    return this.answers.outcome(request, command, outcome);
  }

  private async runByName(
    command: RunCommand,
    name: string,
    request: FastifyRequest,
    options: RunOptions = {},
  ): Promise<Answer<CommandAnswer>> {
    const outcome = await this.commands.runByName(command, name, callerOf(request), options);
    return this.answers.outcome(request, command, outcome);
  }
}
