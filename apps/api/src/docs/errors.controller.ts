import { PLATFORM_PROBLEMS, Problem, ProblemRegistry, type ProblemType } from '@app/platform';
import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE, prefersHtml } from '../core/http/negotiation.js';
import { type DocumentPage, DocumentPages, escapeHtml } from '../web-page/document-pages.js';

const CONFIG = { access: 'public', page: 'document' } as const;

/** The pages to which the `type` of every problem leads: its meaning and what to do, for people and for programs. */
@ApiExcludeController()
@Controller('errors')
export class ErrorsController {
  constructor(
    private readonly registry: ProblemRegistry,
    private readonly documents: DocumentPages,
  ) {}

  @Get()
  @RouteConfig(CONFIG)
  index(
    @Headers('accept') accept: string | undefined,
    @Req() { url }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const types = this.registry.all();
    if (prefersHtml(accept)) this.documents.send(reply, { ...problemIndex(types), url });
    else void reply.header('vary', 'Accept, Accept-Encoding').type(JSON_TYPE).send({ errors: types });
  }

  @Get(':code')
  @RouteConfig(CONFIG)
  page(
    @Param('code') code: string,
    @Headers('accept') accept: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const type = this.registry.find(code);
    if (type === null) {
      throw new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'There is no problem with this code.' });
    }
    if (prefersHtml(accept)) this.documents.send(reply, { ...problemPage(type), url: request.url });
    else
      void reply
        .header('vary', 'Accept, Accept-Encoding')
        .type(JSON_TYPE)
        .send({ type: `${request.prefix}/errors/${type.code}`, ...type });
  }
}

/** The page at `/errors/{code}`. */
export function problemPage(type: ProblemType): Pick<DocumentPage, 'title' | 'main'> {
  return {
    title: `${type.code}: ${type.title}`,
    main: `<h1>${escapeHtml(type.title)}</h1>
<p class="document-facts"><code>${escapeHtml(type.code)}</code> · HTTP ${type.status} · ${type.retryable ? 'may succeed later' : 'will not succeed without a change'}</p>
<p>${sentences(type.description)}</p>
<h2>What to do</h2>
<p>${sentences(type.suggestion)}</p>
<p><a href="errors">All errors</a></p>`,
  };
}

/** The texts mark names and values as Markdown does, which `docs/errors.md` shows. */
function sentences(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** The page at `/errors`. */
export function problemIndex(types: readonly ProblemType[]): Pick<DocumentPage, 'title' | 'main'> {
  const rows = types.map(
    (type) =>
      `<tr><td><a href="errors/${encodeURIComponent(type.code)}"><code>${escapeHtml(type.code)}</code></a></td><td>${type.status}</td><td>${escapeHtml(type.title)}</td></tr>`,
  );
  return {
    title: 'Errors',
    main: `<h1>Errors</h1>
<p>Each error of the API has a code that stays the same. Its page says what it means and what to do.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`,
  };
}
