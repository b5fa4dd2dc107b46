import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST, type PageManifest } from './page-tree.js';

/** Where the build puts the page, seen from this file as it is compiled. */
const BUILT_BESIDE = join(import.meta.dirname, '..', '..', 'page');

/**
 * The page as the build left it. Read at the start, so that serving it is a look-up by name. Injected as `null` when
 * there is none.
 */
export class BuiltPage {
  private readonly files: ReadonlySet<string>;

  private constructor(
    /** Absolute. */
    readonly folder: string,
    private readonly manifest: PageManifest,
  ) {
    this.files = new Set(manifest.files);
  }

  /** @returns null when the sources run as they are, without a build: then there is no page, only an API */
  static async read(folder = BUILT_BESIDE): Promise<BuiltPage | null> {
    try {
      return new BuiltPage(folder, JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as PageManifest);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  get fingerprint(): string {
    return this.manifest.fingerprint;
  }

  /** Entity tag of index.html, in quotes. */
  get indexTag(): string {
    return `"${this.manifest.indexTag}"`;
  }

  /** Whether this is, letter by letter, the name of a file of the page. */
  has(path: string): boolean {
    return this.files.has(path);
  }
}
