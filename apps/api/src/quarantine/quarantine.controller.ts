import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import {
  kindOfQuarantineId,
  Quarantine,
  type QuarantineEntry,
  QuarantineHandlers,
  type QuarantineKind,
} from '@app/redis';
import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  DEFAULT_LIMIT,
  DiscardQuery,
  ListQuarantineQuery,
  QUARANTINE_EXAMPLE,
  QuarantinePageView,
  QuarantineRetryAnswer,
  renderEntry,
} from './quarantine.dto.js';

const NOT_FOUND = API_PROBLEMS['quarantine-entry-not-found'];
const CURSOR = /^\d{1,15}-[a-z-]+\.[0-9a-f]{24}$/;
/** Why things of a kind are not read twice. Those of the others are, by a handler. */
const NOT_RETRIED: { readonly [Kind in QuarantineKind]?: string } = {
  'feed-entry': 'readers of the feed have gone on, and the records say what is so now',
  'webhook-delivery':
    'a delivery that cannot be read is cancelled, and an endpoint is read again by itself once it is mended',
  mirror: 'the next reading of the provider replaces the list',
};

/** What is stored and cannot be read. */
@ApiTags('quarantine')
@Controller(apiPath('admin/quarantine'))
export class QuarantineController {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly handlers: QuarantineHandlers,
  ) {}

  @Get()
  @Operation({
    id: 'listQuarantine',
    summary: 'List what is stored and cannot be read',
    description:
      'The latest found first, at most 1,000 things. The fleet goes on without them; an instance whose record is set aside is neither imported anew nor stopped, and may cost money. No text that may be a secret is shown.',
    access: 'admin',
    answers: {
      200: {
        description: 'A page of them.',
        type: QuarantinePageView,
        example: QUARANTINE_EXAMPLE,
        headers: { Link: 'The next page, `rel="next"`; absent on the last.' },
      },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async list(
    @Query(new Validated(ListQuarantineQuery, 'query')) { kind, limit = DEFAULT_LIMIT, cursor }: ListQuarantineQuery,
  ): Promise<Answer<QuarantinePageView>> {
    if (cursor !== undefined && !CURSOR.test(cursor)) {
      const errors = [{ pointer: '?cursor', detail: 'is not a nextCursor of this list' }];
      throw new Problem(PLATFORM_PROBLEMS['validation-failed'], { detail: 'The cursor is none of this list.', errors });
    }
    const { entries, total, nextCursor } = await this.quarantine.list({
      ...(kind !== undefined && { kind }),
      cursor: cursor ?? null,
      limit,
    });
    return new Answer({ entries: entries.map(renderEntry), total, nextCursor }, { nextCursor });
  }

  @Post(':id/retry')
  @HttpCode(200)
  @EntryId()
  @Operation({
    id: 'retryQuarantined',
    summary: 'Read something again that was set aside',
    description:
      'Records, lines of a journal and jobs, after they were restored or with a release that can read them: the record is written again so that every process reads it, the commands of the line are carried out, the job is enqueued. Things of the other kinds are not read twice.',
    access: 'admin',
    idempotent: true,
    repeatable: 'always',
    answers: {
      200: { description: 'What came of it.', type: QuarantineRetryAnswer, example: { outcome: 'readable' } },
    },
    problems: [NOT_FOUND, API_PROBLEMS['quarantine-not-retried']],
  })
  async retry(@Param('id') id: string): Promise<QuarantineRetryAnswer> {
    const { kind, where } = await this.find(id);
    const handler = this.handlers.of(kind);
    const outcome = (await handler?.retry(where)) ?? { refused: NOT_RETRIED[kind] ?? 'nobody here can read it again' };
    if (typeof outcome === 'object') {
      const detail = `It was not tried again: ${outcome.refused}.`;
      throw new Problem(API_PROBLEMS['quarantine-not-retried'], { detail });
    }
    if (outcome !== 'unreadable') await this.quarantine.remove(id);
    return { outcome };
  }

  @Delete(':id')
  @EntryId()
  @Operation({
    id: 'discardQuarantined',
    summary: 'Discard something that was set aside',
    description:
      'Its entry is removed, and with it a failed job and a line of a journal. A record stays, and has an entry again when it is met again; with `withRecord=true` a damaged one is removed for ever, and the next sync finds its instance by its marker or shows it as one made elsewhere. A record of a later release is never removed.',
    access: 'admin',
    takesQuery: true,
    answers: { 204: { description: 'It is gone.' } },
    problems: [NOT_FOUND, API_PROBLEMS['quarantine-kept']],
  })
  @HttpCode(204)
  async discard(
    @Param('id') id: string,
    @Query(new Validated(DiscardQuery, 'query')) { withRecord = false }: DiscardQuery,
  ): Promise<void> {
    const { kind, where } = await this.find(id);
    const isRecord = kind === 'record' || kind === 'record-newer';
    const why = isRecord && !withRecord ? null : await this.handlers.of(kind)?.discard(where);
    if (typeof why === 'string') {
      throw new Problem(API_PROBLEMS['quarantine-kept'], { detail: `It was kept: ${why}.` });
    }
    await this.quarantine.remove(id);
  }

  private async find(id: string): Promise<QuarantineEntry> {
    const entry = kindOfQuarantineId(id) === null ? null : await this.quarantine.get(id);
    if (entry === null) throw new Problem(NOT_FOUND, { detail: `Nothing of the id ${id} is set aside.` });
    return entry;
  }
}

function EntryId(): MethodDecorator {
  return ApiParam({ name: 'id', description: 'Id of the entry.', example: QUARANTINE_EXAMPLE.entries[0]?.id });
}
