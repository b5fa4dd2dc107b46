import { InstanceCommands, type RunCommand } from '@app/lifecycle';
import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { callerOf } from '../http/caller.js';
import { Validated } from '../http/validated.pipe.js';
import { InstanceAnswers } from './answer-instance.js';
import { CommandById, CommandByName } from './command-operation.decorator.js';
import { ByNameInput } from './instance-command.dto.js';
import { parseInstanceRef } from './instance-ref.js';

/** Start, stop, restart and delete; by id, and by name for those who know no id. */
@ApiTags('commands')
@Controller(apiPath('instances'))
export class InstanceCommandsController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly answers: InstanceAnswers,
  ) {}

  @Post(':id/start')
  @CommandById('start', 'Start an instance')
  async start(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.run('start', id, request, reply);
  }

  @Post(':id/stop')
  @CommandById('stop', 'Stop an instance')
  async stop(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.run('stop', id, request, reply);
  }

  @Post(':id/restart')
  @CommandById('restart', 'Restart an instance that runs')
  async restart(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.run('restart', id, request, reply);
  }

  @Post('start')
  @CommandByName('start', 'Start an instance by its name')
  async startByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.runByName('start', instanceName, request, reply);
  }

  @Post('stop')
  @CommandByName('stop', 'Stop an instance by its name')
  async stopByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.runByName('stop', instanceName, request, reply);
  }

  @Post('delete')
  @CommandByName('delete', 'Delete an instance by its name')
  async deleteByName(
    @Body(new Validated(ByNameInput)) { instanceName }: ByNameInput,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.runByName('delete', instanceName, request, reply);
  }

  private async run(command: RunCommand, id: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const outcome = await this.commands.run(command, parseInstanceRef(id), callerOf(request));
    this.answers.sendOutcome(request, reply, command, outcome);
  }

  private async runByName(
    command: RunCommand,
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const outcome = await this.commands.runByName(command, name, callerOf(request));
    this.answers.sendOutcome(request, reply, command, outcome);
  }
}
