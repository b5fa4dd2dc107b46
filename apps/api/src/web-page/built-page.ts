import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HTML_TYPE } from '../core/http/negotiation.js';
import { MANIFEST, type PageManifest } from './page-tree.js';

/** Where the build puts the page, relative to this file as it is compiled. */
const BUILT_BESIDE = join(import.meta.dirname, '..', '..', 'page');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': HTML_TYPE,
  '.js': 'application/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A file of the page in each of the ways in which it can be sent. */
export interface BuiltFile {
  readonly type: string;
  readonly identity: Buffer;
  readonly gzip: Buffer;
  readonly br: Buffer;
}

/**
 * The page as the build left it, all of it in memory: a view is a hundred files, none of them large, and to look for
 * each on the disk takes longer than to send it. Injected as `null` when there is none.
 */
export class BuiltPage {
  private constructor(
    private readonly manifest: PageManifest,
    readonly index: BuiltFile,
    private readonly files: ReadonlyMap<string, BuiltFile>,
  ) {}

  /** @returns null when the sources run as they are, without a build: then there is no page, only an API */
  static async read(folder = BUILT_BESIDE): Promise<BuiltPage | null> {
    const manifest = await readManifest(folder);
    if (manifest === null) return null;
    const files = manifest.files.map(async (path) => [path, await readBuilt(folder, path)] as const);
    return new BuiltPage(manifest, await readBuilt(folder, 'index.html'), new Map(await Promise.all(files)));
  }

  get fingerprint(): string {
    return this.manifest.fingerprint;
  }

  /** Entity tag of index.html, in quotes. */
  get indexTag(): string {
    return `"${this.manifest.indexTag}"`;
  }

  /** Entity tag of every other file, in quotes: under one fingerprint a name has one content. */
  get filesTag(): string {
    return `"${this.manifest.fingerprint}"`;
  }

  /** The file with this name, letter by letter. */
  file(path: string): BuiltFile | undefined {
    return this.files.get(path);
  }
}

async function readManifest(folder: string): Promise<PageManifest | null> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as PageManifest;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function readBuilt(folder: string, path: string): Promise<BuiltFile> {
  const file = join(folder, path);
  const [identity, gzip, br] = await Promise.all([readFile(file), readFile(`${file}.gz`), readFile(`${file}.br`)]);
  return { type: TYPES[extname(path)] ?? 'application/octet-stream', identity, gzip, br };
}
