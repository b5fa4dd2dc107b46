import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { ownBoardPage, rejectionPage } from './board-pages.js';

const HEAD = '<head><link href="static/css/main.css" rel="stylesheet"></head>';
const SCRIPT = '<script defer src="static/js/main.js"></script>';
const CONFIG = '<script id="__UI_CONFIG__" type="application/json">{}</script>';

describe("bull-board's page", () => {
  it('loses its fonts from elsewhere and its sketch, and nothing else', () => {
    const theirs = [
      '<head><link href="https://fonts.example.com/css2?family=X:wght@400;500&display=swap" rel="stylesheet">',
      '<link href="static/css/main.css" rel="stylesheet"></head>',
      `${CONFIG}<div id="root">\n <div style="color:red"><span style="x:y"></span> Loading </div>`,
      ` <style>@keyframes x{0%{opacity:.2}}</style>\n</div>${SCRIPT}`,
    ].join('');
    expect(ownBoardPage(theirs, '')).toBe(`${HEAD}${CONFIG}<div id="root"></div>${SCRIPT}`);
  });

  it('leads below the path of a proxy', () => {
    const theirs =
      '<base href="/admin/queues/"><script id="__UI_CONFIG__" type="application/json">{"miscLinks":[{"text":"The fleet","url":"/"}]}</script>';
    expect(ownBoardPage(theirs, '/fleet')).toBe(
      '<base href="/fleet/admin/queues/"><script id="__UI_CONFIG__" type="application/json">{"miscLinks":[{"text":"The fleet","url":"/fleet/"}]}</script>',
    );
  });

  it.each([
    ['a style sheet in its markup', '<style>x{}</style>'],
    ['a style on an element', '<p style="color:red"></p>'],
    ['a script in its markup', '<script>run()</script>'],
    ['a script from elsewhere', '<script src="https://cdn.example.com/x.js"></script>'],
    ['a picture from elsewhere', '<img src="//cdn.example.com/x.png">'],
  ])('is not shown with %s', (_what, markup) => {
    expect(() => ownBoardPage(`${HEAD}<div id="root"></div>${markup}`, '')).toThrow('which its policy forbids');
  });
});

describe('the page of a rejection', () => {
  const of = (code: keyof typeof PLATFORM_PROBLEMS): string | null =>
    rejectionPage(new Problem(PLATFORM_PROBLEMS[code], { detail: 'x' }))?.main ?? null;

  it('is there for who may not come in, and loads nothing', () => {
    for (const code of ['unauthorized', 'forbidden'] as const) {
      expect(of(code)).toContain('<a href="./">');
      expect(of(code)).not.toMatch(/<script|<link|\sstyle=|src=/);
    }
  });

  it('is not there for other failures, which are problems to programs and people alike', () => {
    expect(of('rate-limited')).toBeNull();
    expect(of('dependency-unavailable')).toBeNull();
  });
});
