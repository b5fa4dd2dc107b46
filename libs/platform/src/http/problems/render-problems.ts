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
