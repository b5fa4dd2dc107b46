import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { assemblePage, isPagePart, MANIFEST, type PageFile, type PageManifest } from './page-tree.js';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);
const BEST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
const BEST_GZIP = { level: 9 };

/**
 * Builds the page: its files as they are, each compressed beside itself, and index.html with the fingerprint of them all.
 * The target is emptied first.
 */
export async function writePage(source: string, target: string): Promise<PageManifest> {
  const files = await readPage(source);
  const { index, manifest } = assemblePage(files);
  await rm(target, { recursive: true, force: true });
  const made = files.map((file) => (file.path === 'index.html' ? { ...file, content: Buffer.from(index) } : file));
  await Promise.all(made.map((file) => writeWithCompressed(target, file)));
  // Last: with it the page is whole.
  await writeFile(join(target, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function readPage(folder: string): Promise<PageFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return Promise.all(
    paths.filter(isPagePart).map(async (path) => ({ path, content: await readFile(join(folder, path)) })),
  );
}

async function writeWithCompressed(target: string, { path, content }: PageFile): Promise<void> {
  const file = join(target, path);
  await mkdir(dirname(file), { recursive: true });
  const [br, gz] = await Promise.all([toBrotli(content, BEST_BROTLI), toGzip(content, BEST_GZIP)]);
  await Promise.all([writeFile(file, content), writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}
