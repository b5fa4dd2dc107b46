import type { Problem } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { HTML_TYPE } from '../core/http/negotiation.js';
import { BuiltPage } from './built-page.js';
import { ASSETS, wayToRoot } from './page-manifest.js';

/** A page without a script of ours: an error, the documentation, an address at which there is nothing. */
export interface DocumentPage {
  readonly title: string;
  /** Markup, of which all foreign text is escaped. Addresses are relative to the root of the service. */
  readonly main: string;
  /** The address that was asked for, as routes know it. */
  readonly url: string;
  /** Further style sheets and scripts, relative to the root of the service. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
}

/** Pages in the colours and the type of the web page; plain HTML where that is not built. */
@Injectable()
export class DocumentPages {
  constructor(@Inject(BuiltPage) private readonly page: BuiltPage | null) {}

  render({ title, main, url, styles = [], scripts = [] }: DocumentPage): string {
    const own = this.page === null ? [] : [`${ASSETS}/${this.page.documentStyle}`];
    const head = [
      `<title>${escapeHtml(title)} · novita-fleet</title>`,
      ...(this.page === null ? [] : [`<link rel="icon" href="${this.page.icon}">`]),
      // Ours last, as it has the last word.
      ...[...styles, ...own].map((href) => `<link rel="stylesheet" href="${href}">`),
    ];
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<base href="${wayToRoot(url)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head.join('\n')}
</head>
<body>
<header class="document-bar">
<a class="document-home" href="./">novita-fleet</a>
<nav aria-label="Pages"><a href="./">Instances</a> <a href="docs">API</a> <a href="errors">Errors</a></nav>
</header>
<main class="document-main">
${main}
</main>
${scripts.map((src) => `<script src="${src}"></script>`).join('\n')}
</body>
</html>
`;
  }

  send(reply: FastifyReply, page: DocumentPage): void {
    void reply.header('vary', 'Accept, Accept-Encoding').type(HTML_TYPE).send(this.render(page));
  }

  /** What a person sees where there is nothing. */
  notFound({ details }: Problem, url: string): string {
    return this.render({
      title: 'Not found',
      url,
      main: `<h1>Not found</h1>
<p>${escapeHtml(details.detail)}</p>
<p><a class="document-button" href="./">Show the instances</a></p>`,
    });
  }
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? character);
}
