import { describe, expect, it } from 'vitest';
import { type BuiltParts, readParts, renderHtml } from './page-html.js';

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <base href="./">
    <title>novita-fleet</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="styles/tokens.css">
    <link rel="stylesheet" href="styles/base.css">
    <link rel="modulepreload" href="src/list.js" data-at="/">
    <link rel="modulepreload" href="src/one.js" data-at="/instances/:id">
    <link rel="modulepreload" href="src/always.js">
    <script src="src/early.js"></script>
    <script type="module" src="src/main.js"></script>
  </head>
  <body></body>
</html>
`;

const CHUNKS: Readonly<Record<string, readonly string[]>> = {
  'src/main.js': ['shared-1.js'],
  'src/list.js': ['list-2.js', 'shared-1.js'],
  'src/one.js': ['one-3.js', 'table-4.js'],
  'src/always.js': ['always-5.js'],
};

const BUILT: BuiltParts = {
  icon: 'data:image/svg+xml,x',
  style: 'page-0.css',
  script: 'main-0.js',
  earlyScript: 'early-6.js',
  chunksOf: (module) => CHUNKS[module] ?? [],
};

const replaced = (from: string, to: string): string => {
  expect(HTML).toContain(from);
  return HTML.replace(from, to);
};

describe('the HTML of the page', () => {
  const parts = readParts(HTML);

  it('names its parts', () => {
    expect(parts).toEqual({
      icon: 'icon.svg',
      styles: ['styles/tokens.css', 'styles/base.css'],
      script: 'src/main.js',
      earlyScript: 'src/early.js',
      preloads: [
        { module: 'src/list.js', address: '/' },
        { module: 'src/one.js', address: '/instances/:id' },
        { module: 'src/always.js', address: null },
      ],
    });
  });

  it('is sent with what was built of them, before all of which stands the base', () => {
    expect(renderHtml(HTML, parts, BUILT, '/')).toBe(`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <base href="./">
    <title>novita-fleet</title>
    <link rel="icon" href="data:image/svg+xml,x">
    <script src="assets/early-6.js"></script>
    <link rel="stylesheet" href="assets/page-0.css">
    <link rel="modulepreload" href="assets/shared-1.js">
    <link rel="modulepreload" href="assets/list-2.js">
    <link rel="modulepreload" href="assets/always-5.js">
    <script type="module" src="assets/main-0.js"></script>
  </head>
  <body></body>
</html>
`);
  });

  it('preloads at each address what its view begins with, and leads to the root from there', () => {
    const html = renderHtml(HTML, parts, BUILT, '/instances/:id');
    const preloads = [...html.matchAll(/modulepreload" href="([^"]+)"/g)].map(([, href]) => href);
    expect(preloads).toEqual(['shared-1.js', 'one-3.js', 'table-4.js', 'always-5.js'].map((name) => `assets/${name}`));
    expect(html).toContain('<base href="../">');
    expect(renderHtml(HTML, parts, BUILT, '/spend')).not.toMatch(/one-3|list-2/);
  });

  it.each([
    ['no base', replaced('<base href="./">', ''), 'needs one base, and has 0'],
    ['another base', replaced('<base href="./">', '<base href="/">'), 'the base of index.html is not "./"'],
    ['no icon', replaced('<link rel="icon" href="icon.svg" type="image/svg+xml">', ''), 'needs one icon, and has 0'],
    [
      'two early scripts',
      replaced('</head>', '<script src="x.js"></script></head>'),
      'needs one classic script, and has 2',
    ],
    ['no early script', replaced('<script src=', '<script type="module" src='), 'needs one classic script, and has 0'],
    ['no style', HTML.replaceAll(/<link rel="stylesheet"[^>]*>/g, ''), 'index.html has no stylesheet'],
    ['an unknown link', replaced('rel="icon"', 'rel="preload"'), 'a link of the kind preload'],
    ['an unknown address', replaced('data-at="/"', 'data-at="/nowhere"'), 'preloads for /nowhere'],
    ['a script in it', replaced('<body>', '<body><script>1</script>'), 'holds <script>, which its policy forbids'],
    ['a style in it', replaced('<body>', '<body><style>a{}</style>'), 'holds <style, which its policy forbids'],
    ['a styled element', replaced('<body>', '<body style="color:red">'), 'holds style=, which its policy forbids'],
    ['a handler', replaced('<body>', '<body onload="x()">'), 'holds onload=, which its policy forbids'],
  ])('is not made of one with %s', (_what, html, message) => {
    expect(() => readParts(html)).toThrow(message);
  });
});
