import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { isQuarantineId, Quarantine, type QuarantineEntry, QuarantineHandlers } from '@app/redis';
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
const CURSOR = /^\d{1,15}-q_[0-9a-f]{24}$/;

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
      'The latest found first, at most 1,000 things. The fleet goes on without them; an instance whose record is set aside is neither imported anew nor stopped, and may cost money. No value of what is set aside is shown.',
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
    @Query(new Validated(ListQuarantineQuery, 'query')) { limit = DEFAULT_LIMIT, cursor }: ListQuarantineQuery,
  ): Promise<Answer<QuarantinePageView>> {
    if (cursor !== undefined && !CURSOR.test(cursor)) {
      const errors = [{ pointer: '?cursor', detail: 'is not a nextCursor of this list' }];
      throw new Problem(PLATFORM_PROBLEMS['validation-failed'], { detail: 'The cursor is none of this list.', errors });
    }
    const { entries, total, nextCursor } = await this.quarantine.list(cursor ?? null, limit);
    return new Answer({ entries: entries.map(renderEntry), total, nextCursor }, { nextCursor });
  }

  @Post(':id/retry')
  @HttpCode(200)
  @EntryId()
  @Operation({
    id: 'retryQuarantined',
    summary: 'Read something again that was set aside',
    description: 'After it was restored, or with a release that can read it.',
    access: 'admin',
    idempotent: true,
    repeatable: 'always',
    answers: {
      200: { description: 'What came of it.', type: QuarantineRetryAnswer, example: { outcome: 'readable' } },
    },
    problems: [NOT_FOUND],
  })
  async retry(@Param('id') id: string): Promise<QuarantineRetryAnswer> {
    const { kind, key } = await this.find(id);
    const outcome = (await this.handlers.of(kind)?.retry(key)) ?? 'forgotten';
    if (outcome !== 'unreadable') await this.quarantine.remove(id);
    return { outcome };
  }

  @Delete(':id')
  @EntryId()
  @Operation({
    id: 'discardQuarantined',
    summary: 'Discard something that was set aside',
    description:
      'Of a record, the record itself is removed for ever; the next sync shows its instance, if Novita still has it, as one made elsewhere or finds it by its marker. A record of a later release is never removed. Of anything else only the entry is removed.',
    access: 'admin',
    takesQuery: true,
    answers: { 204: { description: 'It is gone.' } },
    problems: [NOT_FOUND, API_PROBLEMS['quarantine-unconfirmed'], API_PROBLEMS['quarantine-kept']],
  })
  @HttpCode(204)
  async discard(
    @Param('id') id: string,
    @Query(new Validated(DiscardQuery, 'query')) { novitaListed = false }: DiscardQuery,
  ): Promise<void> {
    const { kind, key } = await this.find(id);
    const handler = this.handlers.of(kind);
    if (handler !== null) {
      if (!novitaListed) {
        const errors = [{ pointer: '?novitaListed', detail: 'must be true for a record' }];
        throw new Problem(API_PROBLEMS['quarantine-unconfirmed'], {
          detail: `The record of ${key} was kept.`,
          errors,
        });
      }
      const why = await handler.discard(key);
      if (why !== null) throw new Problem(API_PROBLEMS['quarantine-kept'], { detail: `It was kept: ${why}.` });
    }
    await this.quarantine.remove(id);
  }

  private async find(id: string): Promise<QuarantineEntry> {
    const entry = isQuarantineId(id) ? await this.quarantine.get(id) : null;
    if (entry === null) throw new Problem(NOT_FOUND, { detail: `Nothing of the id ${id} is set aside.` });
    return entry;
  }
}

function EntryId(): MethodDecorator {
  return ApiParam({ name: 'id', description: 'Id of the entry.', example: QUARANTINE_EXAMPLE.entries[0]?.id });
}
