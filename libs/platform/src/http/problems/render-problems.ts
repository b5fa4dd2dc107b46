import type { ProblemType } from './problem.js';

/** The text of docs/errors.md. */
export function renderProblemsMarkdown(types: readonly ProblemType[]): string {
  const sections = types.map((type) =>
    [
      `## ${type.code}`,
      '',
      `**${type.status} ${type.title}.** ${type.description}`,
      '',
      `- What to do: ${type.suggestion}`,
      `- Can the same request succeed later: ${type.retryable ? 'yes' : 'no'}`,
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    '<!-- Generated from the declared problem types; do not edit. -->',
    '',
    'Every error is answered as `application/problem+json` (RFC 9457). `code` is stable and is what a program should',
    'check; `retryable` says whether the same request can succeed later; `suggestion` says what to do; `requestId` is the one',
    'under which the log has the rest; `errors` lists violations of the input, each with a JSON pointer into the body, `?name`',
    'for a query parameter or `:name` for a part of the path.',
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

/** The page at `/errors/{code}`. */
export function renderProblemPage(type: ProblemType): string {
  return page(
    `${type.code}: ${type.title}`,
    `<h1>${escapeHtml(type.title)}</h1>
<p><code>${escapeHtml(type.code)}</code> · HTTP ${type.status} · ${type.retryable ? 'may succeed later' : 'will not succeed without a change'}</p>
<p>${escapeHtml(type.description)}</p>
<h2>What to do</h2>
<p>${escapeHtml(type.suggestion)}</p>
<p><a href="../errors">All errors</a></p>`,
  );
}

/** The page at `/errors`. */
export function renderProblemIndex(types: readonly ProblemType[]): string {
  const rows = types.map(
    (type) =>
      `<tr><td><a href="errors/${encodeURIComponent(type.code)}"><code>${escapeHtml(type.code)}</code></a></td><td>${type.status}</td><td>${escapeHtml(type.title)}</td></tr>`,
  );
  return page(
    'Errors',
    `<h1>Errors</h1>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body>
${body}
</body>
</html>
`;
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? character);
}
