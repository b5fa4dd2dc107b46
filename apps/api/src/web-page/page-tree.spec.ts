import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemblePage, isPagePart, type PageFile } from './page-tree.js';

const INDEX = `<!doctype html>
<html><head>
  <link rel="icon" href="assets/__FINGERPRINT__/icon.svg">
  <script type="module" src="assets/__FINGERPRINT__/src/main.js"></script>
</head><body></body></html>
`;

const file = (path: string, text: string): PageFile => ({ path, content: Buffer.from(text) });

const PAGE: readonly PageFile[] = [
  file('index.html', INDEX),
  file('icon.svg', '<svg/>'),
  file('src/main.js', "import { a } from './a.js';\nimport './deep/b.js';\na();\n"),
  file('src/a.js', "/** @typedef {import('./types.js').T} T */\nexport const a = () => import('./later.js');\n"),
  file('src/deep/b.js', "import {\n  a,\n} from '../a.js';\nexport { a };\n"),
  file('src/later.js', 'export {};\n'),
  file('src/types.js', '/** @typedef {number} T */\nexport {};\n'),
];

const replaced = (path: string, text: string): PageFile[] =>
  PAGE.map((present) => (present.path === path ? file(path, text) : present));

describe('the page as it is served', () => {
  it('has its fingerprint wherever a file is referred to', () => {
    const { index, manifest } = assemblePage(PAGE);
    expect(manifest.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(index).toContain(`href="assets/${manifest.fingerprint}/icon.svg"`);
    expect(index).not.toContain('FINGERPRINT');
  });

  it('preloads what runs at once, in order of need, and nothing else', () => {
    const { index, manifest } = assemblePage(PAGE);
    expect(manifest.modules).toEqual(['src/main.js', 'src/a.js', 'src/deep/b.js']);
    const links = [...index.matchAll(/<link rel="modulepreload" href="assets\/[0-9a-f]+\/([^"]+)">/g)];
    expect(links.map(([, path]) => path)).toEqual(manifest.modules);
    expect(index.indexOf('modulepreload')).toBeLessThan(index.indexOf('</head>'));
  });

  it('leaves an import that leads nowhere to the check of the types', () => {
    const files = PAGE.filter(({ path }) => path !== 'src/a.js');
    expect(assemblePage(files).manifest.modules).toEqual(['src/main.js', 'src/deep/b.js']);
  });

  it('lists every file but index.html, which is served elsewhere', () => {
    expect(assemblePage(PAGE).manifest.files).toEqual(
      PAGE.map(({ path }) => path)
        .filter((path) => path !== 'index.html')
        .toSorted(),
    );
  });

  it('is the same for the same files, whatever their order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...PAGE], { minLength: PAGE.length }), (files) => {
        expect(assemblePage(files)).toEqual(assemblePage(PAGE));
      }),
    );
  });

  it.each([
    ['a module', replaced('src/later.js', 'export {}; \n')],
    ['the markup', replaced('index.html', INDEX.replace('<body>', '<body class="x">'))],
    ['a name', [...PAGE.slice(0, -1), file('src/kinds.js', '/** @typedef {number} T */\nexport {};\n')]],
    ['where one file ends and another begins', replaced('src/types.js', '')],
  ])('has another fingerprint when %s changes', (_what, files) => {
    expect(assemblePage(files).manifest.fingerprint).not.toBe(assemblePage(PAGE).manifest.fingerprint);
  });

  it.each([
    ['no index.html', PAGE.slice(1), 'the page has no index.html'],
    ['a missing picture', PAGE.filter(({ path }) => path !== 'icon.svg'), 'index.html refers to icon.svg'],
    ['a missing entry', PAGE.filter(({ path }) => path !== 'src/main.js'), 'index.html refers to src/main.js'],
    ['no head', replaced('index.html', INDEX.replace('</head>', '')), 'index.html has no </head>'],
  ])('is not made of %s', (_what, files, message) => {
    expect(() => assemblePage(files)).toThrow(message);
  });
});

describe('what is part of the page', () => {
  it.each(['index.html', 'icon.svg', 'styles/base.css', 'src/main.js', 'src/deep/b.view.js'])('%s is', (path) => {
    expect(isPagePart(path)).toBe(true);
  });

  it.each(['src/main.spec.js', 'tsconfig.json', 'README.md', 'src/types.d.ts', '.hidden.js', 'src/other.html'])(
    '%s is not',
    (path) => {
      expect(isPagePart(path)).toBe(false);
    },
  );
});
