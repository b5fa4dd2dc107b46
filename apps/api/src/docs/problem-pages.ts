import type { ProblemType } from '@app/platform';
import { type DocumentPage, escapeHtml } from '../web-page/document-pages.js';

/** The page at `/errors/{code}`. */
export function problemPage(type: ProblemType): Pick<DocumentPage, 'title' | 'main'> {
  return {
    title: `${type.code}: ${type.title}`,
    main: `<h1>${escapeHtml(type.title)}</h1>
<p class="document-facts"><code>${escapeHtml(type.code)}</code> · HTTP ${type.status} · ${type.retryable ? 'may succeed later' : 'will not succeed without a change'}</p>
<p>${escapeHtml(type.description)}</p>
<h2>What to do</h2>
<p>${escapeHtml(type.suggestion)}</p>
<p><a href="errors">All errors</a></p>`,
  };
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
