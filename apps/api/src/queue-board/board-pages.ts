import type { Problem } from '@app/platform';

/**
 * Bull-board's page without parts from elsewhere or not allowed: a style sheet for fonts at another host, and a sketch
 * of the page for the moment until its script runs, which has styles in its markup. Its addresses begin with the path
 * below which the client sees this service.
 *
 * @throws Error when something of the kind is left, as after an update of bull-board
 */
export function ownBoardPage(html: string, prefix: string): string {
  const cleaned = html
    .replaceAll(/<link\b[^>]*\bhref="https?:[^>]*>/g, '')
    .replace(/(<base href=")(?=\/)/, (_all, start: string) => `${start}${prefix}`)
    .replace(
      /(<script id="__UI_CONFIG__"[^>]*>)([^<]*)/,
      (_all, start: string, config: string) => start + config.replaceAll('"url":"/"', `"url":"${prefix}/"`),
    )
    .replace(/(<div id="root">)[\s\S]*?<\/style>\s*(<\/div>)/, '$1$2');
  const foreign =
    /<style\b|\sstyle="|\b(?:src|href)="(?:https?:)?\/\/|<script(?![^>]*(?:\ssrc=|type="application\/json"))[^>]*>/;
  const left = foreign.exec(cleaned);
  if (left !== null) throw new Error(`the page of bull-board holds ${left[0]}, which its policy forbids`);
  return cleaned;
}

const TEXTS: Readonly<Record<string, readonly [string, string]>> = {
  unauthorized: [
    'No session for the queues',
    'A link cannot carry your key. Open the queues from the page of the fleet, where you are signed in.',
  ],
  forbidden: ['For admins only', 'The queues are shown to keys of the role admin.'],
};

/** The page for a person whom the board does not let in; null for failures of other kinds. */
export function rejectionPage({ type }: Problem): { readonly title: string; readonly main: string } | null {
  const texts = TEXTS[type.code];
  if (texts === undefined) return null;
  const [title, text] = texts;
  return { title, main: `<h1>${title}</h1>\n<p>${text}</p>\n<p><a href="./">The page of the fleet</a></p>` };
}
