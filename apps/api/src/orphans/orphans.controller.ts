import { FleetView, type NovitaInstanceId } from '@app/instance-store';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { OrphanCommands, syncProblems } from '@app/sync';
import { Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { Answer, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceAnswers } from '../instances/instance-answers.js';
import { CommandAnswer } from '../instances/instance-view.dto.js';
import { DataAge } from '../instances/read-instance.js';
import { UnknownFleet } from '../instances/unknown-fleet.js';
import { DEFAULT_LIMIT, ListOrphansQuery, OrphanPageView } from './orphans.dto.js';
import {
  ADOPT_EXAMPLE,
  IGNORE_EXAMPLE,
  ORPHANS_EXAMPLE,
  STOP_ORPHAN_EXAMPLE,
  UNIGNORE_EXAMPLE,
} from './orphans.examples.js';
import { renderOrphanPage } from './render-orphans.js';

const COMMAND_PROBLEMS = [syncProblems['orphan-not-found'], syncProblems['already-managed']];
const NOVITA_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Instances at Novita that nothing here manages. */
@ApiTags('orphans')
@Controller(apiPath('orphans'))
export class OrphansController {
  constructor(
    private readonly orphans: OrphanCommands,
    private readonly fleet: FleetView,
    private readonly answers: InstanceAnswers,
    private readonly age: DataAge,
    private readonly unknown: UnknownFleet,
  ) {}

  @Get()
  @Operation({
    id: 'listOrphans',
    summary: 'List instances at Novita that nothing here manages',
    description:
      'As the latest sync has found them. While no listing of Novita has completed, `unknown` says why, and `total` and `usdPerHour` are null. Instances that carry the marker of this fleet are adopted by the sync itself, unless a record keeps another instance of that marker.',
    access: 'viewer',
    tagged: true,
    answers: {
      200: {
        description: 'A page of them, the latest made first.',
        type: OrphanPageView,
        example: ORPHANS_EXAMPLE,
        headers: { Link: 'The next page, `rel="next"`; absent on the last.' },
      },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async list(
    @Query(new Validated(ListOrphansQuery, 'query')) query: ListOrphansQuery,
  ): Promise<Answer<OrphanPageView>> {
    const { limit = DEFAULT_LIMIT, ignored = false, cursor } = query;
    const group = ignored ? 'ignored-orphan' : 'orphan';
    const [page, all] = await Promise.all([
      this.fleet.list({ limit, group, sort: '-createdAt', ...present('cursor', cursor) }),
      this.fleet.summarize({ group }),
    ]);
    const asOf = this.age.asOfAll(page.instances.map(({ record }) => record));
    const orphans = await this.orphans.describe(page.instances);
    const answer = renderOrphanPage({ ...page, orphans, allUsdPerHour: all.costUsdPerHour }, this.unknown.reason());
    return new Answer(answer, { asOf, nextCursor: page.nextCursor });
  }

  @Post(':novitaId/adopt')
  @NovitaIdParam()
  @Operation({
    id: 'adoptOrphan',
    summary: 'Manage an instance that was made elsewhere',
    description: 'Its present activity becomes its desired state. If it runs, its idle time begins now.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: { 200: { description: 'It is adopted.', type: CommandAnswer, example: ADOPT_EXAMPLE } },
    problems: COMMAND_PROBLEMS,
  })
  async adopt(@Param('novitaId') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.orphans.adopt(parseNovitaId(id), callerOf(request));
    return this.answers.commanded(request, stored, ADOPT_EXAMPLE.message);
  }

  @Post(':novitaId/ignore')
  @NovitaIdParam()
  @Operation({
    id: 'ignoreOrphan',
    summary: 'Set an instance that was made elsewhere aside',
    description:
      'It is not listed any more, except with `ignored=true`, until `DELETE` on the same address lists it again. Nothing is done to it.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: { 200: { description: 'It is set aside.', type: CommandAnswer, example: IGNORE_EXAMPLE } },
    problems: COMMAND_PROBLEMS,
  })
  async ignore(@Param('novitaId') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.orphans.ignore(parseNovitaId(id), callerOf(request));
    return this.answers.commanded(request, stored, IGNORE_EXAMPLE.message);
  }

  @Delete(':novitaId/ignore')
  @NovitaIdParam()
  @Operation({
    id: 'unignoreOrphan',
    summary: 'List an instance again that was set aside',
    description: 'One that is listed already stays so.',
    access: 'operator',
    answers: { 200: { description: 'It is listed again.', type: CommandAnswer, example: UNIGNORE_EXAMPLE } },
    problems: COMMAND_PROBLEMS,
  })
  async unignore(@Param('novitaId') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.orphans.unignore(parseNovitaId(id));
    return this.answers.commanded(request, stored, UNIGNORE_EXAMPLE.message);
  }

  @Post(':novitaId/stop')
  @NovitaIdParam()
  @Operation({
    id: 'stopOrphan',
    summary: 'Adopt an instance that was made elsewhere, and stop it',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: {
      202: { description: 'It is adopted, and its stop accepted.', type: CommandAnswer, example: STOP_ORPHAN_EXAMPLE },
    },
    problems: COMMAND_PROBLEMS,
  })
  async stop(@Param('novitaId') id: string, @Req() request: FastifyRequest): Promise<Answer<CommandAnswer>> {
    const stored = await this.orphans.stop(parseNovitaId(id), callerOf(request));
    return this.answers.commanded(request, stored, STOP_ORPHAN_EXAMPLE.message);
  }
}

function NovitaIdParam(): MethodDecorator {
  return ApiParam({
    name: 'novitaId',
    description: 'The Novita id.',
    schema: { type: 'string', example: '0a1b2c3d4e5f6071' },
  });
}

/** @throws Problem `orphan-not-found` for what cannot be an id at all */
function parseNovitaId(text: string): NovitaInstanceId {
  if (NOVITA_ID.test(text)) return text as NovitaInstanceId;
  throw new Problem(syncProblems['orphan-not-found'], { detail: 'There is no orphan with this id.' });
}
