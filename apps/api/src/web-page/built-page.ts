import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HTML_TYPE } from '../core/http/negotiation.js';
import { ASSETS, MANIFEST, PAGE_ADDRESSES, type PageAddress, type PageManifest } from './page-manifest.js';

/** Where the build puts the page, relative to this file as it is compiled. */
const BUILT_BESIDE = join(import.meta.dirname, '..', '..', 'page');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': HTML_TYPE,
  '.js': 'application/javascript; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

/** A file of the page in each of the ways in which it can be sent. */
export interface BuiltFile {
  readonly type: string;
  /** Entity tag of its content, in quotes; the same however it is compressed. */
  readonly tag: string;
  readonly identity: Buffer;
  readonly gzip: Buffer;
  readonly br: Buffer;
}

/**
 * The page as the build left it, all of it in memory: a few dozen files, none of them large. Injected as `null` when there
 * is none.
 */
export class BuiltPage {
  private constructor(
    private readonly manifest: PageManifest,
    private readonly views: ReadonlyMap<PageAddress, BuiltFile>,
    private readonly assets: ReadonlyMap<string, BuiltFile>,
  ) {}

  /**
   * @returns null when the sources run as they are, without a build: then there is no page, only an API
   * @throws Error when a file that the manifest names is not there
   */
  static async read(folder = BUILT_BESIDE): Promise<BuiltPage | null> {
    const manifest = await readManifest(folder);
    if (manifest === null) return null;
    const views = PAGE_ADDRESSES.map(
      async (address) => [address, await readBuilt(join(folder, manifest.views[address]))] as const,
    );
    const assets = manifest.assets.map(async (name) => [name, await readBuilt(join(folder, ASSETS, name))] as const);
    const [readViews, readAssets] = await Promise.all([Promise.all(views), Promise.all(assets)]);
    return new BuiltPage(manifest, new Map(readViews), new Map(readAssets));
  }

  /** The HTML at an address. */
  view(address: PageAddress): BuiltFile {
    const file = this.views.get(address);
    if (file === undefined) throw new Error(`the page was built without ${address}`);
    return file;
  }

  /** The file with this name, letter by letter. */
  asset(name: string): BuiltFile | undefined {
    return this.assets.get(name);
  }

  get icon(): string {
    return this.manifest.icon;
  }

  /** Name of the style of pages without script. */
  get documentStyle(): string {
    return this.manifest.documentStyle;
  }

  /** Whether a name is that of the script or the style that the page begins with, as another version has them. */
  otherVersionOf(name: string): 'script' | 'style' | null {
    for (const part of ['script', 'style'] as const) {
      if (withoutHash(name) === withoutHash(this.manifest[part])) return part;
    }
    return null;
  }

  /** The style of the page. */
  get style(): BuiltFile | undefined {
    return this.assets.get(this.manifest.style);
  }
}

function withoutHash(name: string): string {
  return name.replace(/-[0-9a-f]+(?=\.)/, '');
}

async function readManifest(folder: string): Promise<PageManifest | null> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as PageManifest;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function readBuilt(file: string): Promise<BuiltFile> {
  const [identity, gzip, br] = await Promise.all([readFile(file), readFile(`${file}.gz`), readFile(`${file}.br`)]);
  const tag = `"${hash('sha1', identity, 'base64url')}"`;
  return { type: TYPES[extname(file)] ?? 'application/octet-stream', tag, identity, gzip, br };
}
