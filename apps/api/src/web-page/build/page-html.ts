import { ASSETS, PAGE_ADDRESSES, type PageAddress, wayToRoot } from '../page-manifest.js';

/** What index.html refers to, by paths relative to its folder. */
export interface PageParts {
  readonly icon: string;
  /** In the order in which they apply. */
  readonly styles: readonly string[];
  readonly script: string;
  /** A small classic script: it runs before all modules. */
  readonly earlyScript: string;
  /** Modules that are loaded later on, and that the view at an address begins with; null for every address. */
  readonly preloads: readonly { readonly module: string; readonly address: PageAddress | null }[];
}

/** What the build has made of the parts: names under `assets/`. */
export interface BuiltParts {
  /** Address of the icon. */
  readonly icon: string;
  readonly style: string;
  readonly script: string;
  readonly earlyScript: string;
  /** The chunks that a module needs to run, without those that come with the script. */
  readonly chunksOf: (module: string) => readonly string[];
}

const TAG = /[ \t]*<(link|script|base)\b([^>]*)>(?:<\/script>)?\n?/g;
const ATTRIBUTE = /([a-z-]+)="([^"]*)"/g;
/** What would run or apply without a file of its own, which the policy of the page forbids. */
const INLINE = /<style\b|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>/;

/**
 * Reads which files a page is made of.
 *
 * @throws Error when a part is missing, twice there, of another kind, or inline
 */
export function readParts(html: string): PageParts {
  const inline = INLINE.exec(html);
  if (inline !== null) throw new Error(`index.html holds ${inline[0].trim()}, which its policy forbids`);
  const tags = [...html.matchAll(TAG)].map(([, name = '', attributes = '']) => ({ name, ...attributesOf(attributes) }));
  const icons: string[] = [];
  const styles: string[] = [];
  const scripts: string[] = [];
  const earlyScripts: string[] = [];
  const preloads: PageParts['preloads'][number][] = [];
  const bases: string[] = [];
  for (const { name, rel, href = '', src = '', at, type } of tags) {
    if (name === 'base') bases.push(href);
    else if (name === 'script') (type === 'module' ? scripts : earlyScripts).push(src);
    else if (rel === 'stylesheet') styles.push(href);
    else if (rel === 'icon') icons.push(href);
    else if (rel === 'modulepreload') preloads.push({ module: href, address: addressOf(at) });
    else throw new Error(`index.html has a link of the kind ${rel ?? 'none'}, which the build does not know`);
  }
  if (styles.length === 0) throw new Error('index.html has no stylesheet');
  if (only(bases, 'base') !== './') throw new Error('the base of index.html is not "./"');
  const earlyScript = only(earlyScripts, 'classic script');
  return { icon: only(icons, 'icon'), styles, script: only(scripts, 'module script'), earlyScript, preloads };
}

/** The page as it is sent at an address: the same markup, with the files that were built in place of its parts. */
export function renderHtml(html: string, parts: PageParts, built: BuiltParts, address: PageAddress): string {
  const preloaded = new Set(
    [
      built.chunksOf(parts.script),
      ...parts.preloads
        .filter((preload) => preload.address === null || preload.address === address)
        .map(({ module }) => built.chunksOf(module)),
    ].flat(),
  );
  const lines = [
    `<link rel="icon" href="${built.icon}">`,
    // First: it takes the connection that is open already, and waits for no style.
    `<script src="${ASSETS}/${built.earlyScript}"></script>`,
    `<link rel="stylesheet" href="${ASSETS}/${built.style}">`,
    ...[...preloaded].map((chunk) => `<link rel="modulepreload" href="${ASSETS}/${chunk}">`),
    `<script type="module" src="${ASSETS}/${built.script}"></script>`,
  ];
  const bare = html.replaceAll(TAG, (_all, name: string) =>
    // Before all that has an address.
    name === 'base' ? `    <base href="${wayToRoot(address)}">\n` : '',
  );
  const end = bare.indexOf('  </head>');
  if (end === -1) throw new Error('index.html has no </head>');
  return bare.slice(0, end) + lines.map((line) => `    ${line}\n`).join('') + bare.slice(end);
}

interface Attributes {
  readonly rel: string | undefined;
  readonly href: string | undefined;
  readonly src: string | undefined;
  readonly at: string | undefined;
  readonly type: string | undefined;
}

function attributesOf(text: string): Attributes {
  const named = new Map([...text.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, value] as const));
  return {
    rel: named.get('rel'),
    href: named.get('href'),
    src: named.get('src'),
    at: named.get('data-at'),
    type: named.get('type'),
  };
}

function addressOf(text: string | undefined): PageAddress | null {
  if (text === undefined) return null;
  const address = PAGE_ADDRESSES.find((candidate) => candidate === text);
  if (address === undefined) throw new Error(`index.html preloads for ${text}, which is no address of the page`);
  return address;
}

function only(paths: readonly string[], what: string): string {
  const [path = ''] = paths;
  if (paths.length !== 1 || path === '') throw new Error(`index.html needs one ${what}, and has ${paths.length}`);
  return path;
}
