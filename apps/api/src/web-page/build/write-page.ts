import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { ASSETS, MANIFEST, PAGE_ADDRESSES, type PageAddress, type PageManifest } from '../page-manifest.js';
import { bundleAlone, bundleScripts } from './bundle-scripts.js';
import { readParts, renderHtml } from './page-html.js';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);
const BEST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
const BEST_GZIP = { level: 9 };

const INDEX = 'index.html';
/** Of pages without script, on the colours of the page. */
const DOCUMENT_STYLES = ['styles/tokens.css', 'styles/document.css'];
const HASH_DIGITS = 10;

/**
 * Builds the page: its scripts in chunks, its styles in one file, the HTML of each address, and each of them compressed
 * beside itself. The target is emptied first.
 *
 * @throws Error when a file is missing, an import leads nowhere, or the HTML is not as its policy wants it; then there is no
 *   manifest, without which no page is served
 */
export async function writePage(source: string, target: string): Promise<PageManifest> {
  await rm(target, { recursive: true, force: true });
  const html = await readFile(join(source, INDEX), 'utf8');
  const parts = readParts(html);
  const [scripts, early, styles, documentStyles, drawing] = await Promise.all([
    bundleScripts(source, {
      entry: parts.script,
      views: parts.preloads.map(({ module }) => module),
      firstViews: parts.preloads.filter(({ address }) => address === '/').map(({ module }) => module),
    }),
    bundleAlone(source, parts.earlyScript),
    joinStyles(source, parts.styles),
    joinStyles(source, DOCUMENT_STYLES),
    readFile(join(source, parts.icon), 'utf8'),
  ]);
  const icon = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  const style = hashedName('page', styles);
  const documentStyle = hashedName('document', documentStyles);
  const built = { icon, style, script: scripts.entry, earlyScript: early.entry, chunksOf: scripts.chunksOf };
  const pages = PAGE_ADDRESSES.map((address) => [address, renderHtml(html, parts, built, address)] as const);
  const assets = new Map([...scripts.files, ...early.files, [style, styles], [documentStyle, documentStyles]]);

  await Promise.all([
    ...pages.map(([address, text]) => writeWithCompressed(join(target, fileOf(address)), text)),
    ...[...assets].map(([name, text]) => writeWithCompressed(join(target, ASSETS, name), text)),
  ]);
  const manifest: PageManifest = {
    views: Object.fromEntries(PAGE_ADDRESSES.map((address) => [address, fileOf(address)])) as PageManifest['views'],
    assets: [...assets.keys()].toSorted(),
    icon,
    script: scripts.entry,
    style,
    documentStyle,
  };
  // Last: with it the page is whole.
  await writeFile(join(target, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function fileOf(address: PageAddress): string {
  if (address === '/') return INDEX;
  return `${address.slice(1).replaceAll(/\W+/g, '-')}.html`;
}

async function joinStyles(folder: string, paths: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), 'utf8');
      // Each would be a further request, of a file that is not built.
      const further = /@import\b|\burl\((?!['"]?(?:data:|#))/.exec(text);
      if (further !== null) throw new Error(`${path} loads a further file with ${further[0]}`);
      return text;
    }),
  );
  return texts.join('\n');
}

function hashedName(name: string, text: string): string {
  return `${name}-${createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)}.css`;
}

async function writeWithCompressed(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const content = Buffer.from(text);
  const [br, gz] = await Promise.all([toBrotli(content, BEST_BROTLI), toGzip(content, BEST_GZIP)]);
  await Promise.all([writeFile(file, content), writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}
