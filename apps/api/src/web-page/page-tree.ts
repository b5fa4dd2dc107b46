import { createHash } from 'node:crypto';
import { posix } from 'node:path';

export interface PageFile {
  /** Relative to the page's folder, with slashes: `src/main.js`. */
  readonly path: string;
  readonly content: Buffer;
}

/** What a server must know of the built page; written beside it. */
export interface PageManifest {
  readonly fingerprint: string;
  /** Entity tag of index.html, without quotes. */
  readonly indexTag: string;
  /** Everything that is served under the fingerprint. */
  readonly files: readonly string[];
  /** Those that run when the page loads. */
  readonly modules: readonly string[];
}

/** Name of the manifest's file. */
export const MANIFEST = 'manifest.json';

/** Where index.html has it, the fingerprint belongs. */
const PLACEHOLDER = '__FINGERPRINT__';
const INDEX = 'index.html';
const SERVED = /^(?!.*\.spec\.)[^.].*\.(?:css|js|svg)$/;
/** 64 bits: two versions of the page do not meet by chance. */
const FINGERPRINT_DIGITS = 16;

/** Whether a file of the page's folder is part of the page, and not of its tests or settings. */
export function isPagePart(path: string): boolean {
  return path === INDEX || SERVED.test(path);
}

/**
 * The page as it is served, made of the files of its folder: the same for the same files, whatever their order.
 *
 * @throws Error when there is no index.html, or it refers to a file that is not there
 */
export function assemblePage(files: readonly PageFile[]): {
  readonly index: string;
  readonly manifest: PageManifest;
} {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const source = sorted.find(({ path }) => path === INDEX)?.content.toString();
  if (source === undefined) throw new Error(`the page has no ${INDEX}`);
  const served = sorted.map(({ path }) => path).filter((path) => path !== INDEX);
  refuseMissing(source, served);

  const fingerprint = digest(sorted.flatMap(({ path, content }) => [path, String(content.length), content]));
  const sources = sorted.filter(({ path }) => path.endsWith('.js'));
  const modules = modulesFrom(
    entriesOf(source),
    new Map(sources.map(({ path, content }) => [path, content.toString()])),
  );
  const index = withPreloads(source, modules).replaceAll(PLACEHOLDER, fingerprint);
  return { index, manifest: { fingerprint, indexTag: digest([index]), files: served, modules } };
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, FINGERPRINT_DIGITS);
}

/**
 * A browser finds an import when it has read the module that has it: one round trip for each step without these. Their
 * addresses are relative, as all of the page's: a proxy may show it below a path.
 */
function withPreloads(html: string, modules: readonly string[]): string {
  const end = html.indexOf('</head>');
  if (end === -1) throw new Error(`${INDEX} has no </head>`);
  const links = modules.map((path) => `  <link rel="modulepreload" href="assets/${PLACEHOLDER}/${path}">\n  `);
  return html.slice(0, end) + links.join('') + html.slice(end);
}

function entriesOf(html: string): readonly string[] {
  const scripts = html.matchAll(/<script\b[^>]*\ssrc="assets\/__FINGERPRINT__\/([^"]+)"/g);
  return [...scripts].map(([, path = '']) => path);
}

function refuseMissing(html: string, served: readonly string[]): void {
  const known = new Set(served);
  for (const [, path = ''] of html.matchAll(/"assets\/__FINGERPRINT__\/([^"'\s>]+)/g)) {
    if (!known.has(path)) throw new Error(`${INDEX} refers to ${path}, which is not there`);
  }
}

/** `import … from './x.js'`, `export … from './x.js'` and `import './x.js'` at the beginning of a line. */
const IMPORT = /^(?:import|export)\s+(?:[^'"`;]*?\sfrom\s+)?['"](\.{1,2}\/[^'"]+)['"]/gm;

/**
 * The modules that run when a page loads: its entries and what they import, each before what it leads to. Modules that
 * are imported later on, by `import()`, or only for their types, are none of them; nor is one that is not there, which
 * the check of the types finds.
 *
 * @param sources text of each module by its path
 */
function modulesFrom(entries: readonly string[], sources: ReadonlyMap<string, string>): readonly string[] {
  const reached = new Set(entries);
  // A set also gives out what is added to it on the way.
  for (const path of reached) {
    for (const [, specifier = ''] of (sources.get(path) ?? '').matchAll(IMPORT)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (sources.has(target)) reached.add(target);
    }
  }
  return [...reached];
}
