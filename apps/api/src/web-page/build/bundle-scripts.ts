import { basename, dirname, join, relative, sep } from 'node:path';
import {
  type ChunkingContext,
  type OutputAsset,
  type OutputChunk,
  type OutputOptions,
  type PreRenderedChunk,
  rolldown,
} from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { ASSETS } from '../page-manifest.js';

/** The modules of the page as a browser loads them: chunks, with hashes of their content in their names. */
export interface ScriptBundle {
  /** Name of the chunk that the page begins with. */
  readonly entry: string;
  /** Texts by name; maps of the sources too. */
  readonly files: ReadonlyMap<string, string>;
  /**
   * The chunks that a module needs to run, without the entry itself.
   *
   * @param module relative to the folder of the page
   * @throws Error when no chunk holds it
   */
  readonly chunksOf: (module: string) => readonly string[];
}

/** Of the hash in a name: two versions of a chunk do not meet by chance. */
const HASH_DIGITS = 10;
const ENTRY = 'main';
const LATER = 'dialogs';
const SHARED = 'shared';

/** Modules relative to the folder of the page. */
export interface ScriptParts {
  readonly entry: string;
  readonly views: readonly string[];
  /** Of them, those that the page begins with at its root. */
  readonly firstViews: readonly string[];
}

/**
 * Bundles what an entry imports, one chunk for each view, so that one that nobody opens is not loaded.
 *
 * @param folder of the page
 * @throws Error for whatever rolldown warns of, such as an import that leads nowhere or to nothing
 */
export async function bundleScripts(folder: string, { entry, ...parts }: ScriptParts): Promise<ScriptBundle> {
  const views = new Set(parts.views.map((view) => join(folder, view)));
  const firstViews = new Set(parts.firstViews.map((view) => join(folder, view)));
  const output = await bundled(
    folder,
    { [ENTRY]: entry },
    {
      format: 'esm',
      codeSplitting: {
        groups: [{ debugName: ENTRY, name: (module, context) => chunkOf(module, { views, firstViews }, context) }],
        // Each module is asked about; a chunk that took what its modules import would take it from the entry.
        includeDependenciesRecursively: false,
      },
    },
  );
  const chunks = output.filter((file) => file.type === 'chunk');
  refuseWaiting(chunks);
  return { ...reach(folder, chunks), files: filesOf(output) };
}

/**
 * Bundles a small script that runs before all modules: a classic one, with copies of its own of whatever it imports.
 *
 * @throws Error as `bundleScripts`
 */
export async function bundleAlone(folder: string, entry: string): Promise<Pick<ScriptBundle, 'entry' | 'files'>> {
  const name = basename(entry, '.js');
  const output = await bundled(folder, { [name]: entry }, { format: 'iife', codeSplitting: false });
  const [script = null] = output.filter((file) => file.type === 'chunk');
  if (script === null) throw new Error(`the bundle of ${entry} is empty`);
  return { entry: script.fileName, files: filesOf(output) };
}

async function bundled(
  folder: string,
  entries: Readonly<Record<string, string>>,
  shape: Pick<OutputOptions, 'format' | 'codeSplitting'>,
): Promise<readonly (OutputChunk | OutputAsset)[]> {
  const warnings: string[] = [];
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, join(folder, entry)])),
    cwd: folder,
    // Or the entry would be a file of its own, which imports all that it has in common with a view.
    preserveEntrySignatures: false,
    platform: 'browser',
    // How long it takes says nothing of the page; a dialog may well be loaded by a press, and with another one.
    checks: { bundlerTimings: false, pluginTimings: false, ineffectiveDynamicImport: false, circularDependency: true },
    onLog: (level, log) => {
      if (level === 'warn') warnings.push(log.message);
    },
  });
  try {
    const { output } = await bundle.generate({
      dir: join(folder, ASSETS),
      ...shape,
      entryFileNames: `[name]-[hash:${HASH_DIGITS}].js`,
      chunkFileNames: (chunk) => `${nameOf(chunk)}-[hash:${HASH_DIGITS}].js`,
      hashCharacters: 'hex',
      minify: true,
      sourcemap: true,
      // As the browser's tools show them, wherever the page was built.
      sourcemapPathTransform: (path, map) => slashed(relative(folder, join(map, '..', path))),
    });
    if (warnings.length > 0) throw new Error(`the page cannot be bundled: ${warnings.join('\n')}`);
    return output;
  } finally {
    await bundle.close();
  }
}

/**
 * The chunk of a module. What is needed at once, or by the first view and another part, comes with the entry: in files of
 * their own there would be many small ones, and the view would wait for several. What only later parts share is one file,
 * without which the entry is smaller by a quarter. All that is no view, such as dialogs, is one file.
 *
 * @returns null for what one view alone needs, which is in a chunk of its own
 */
function chunkOf(
  module: string,
  { views, firstViews }: Readonly<Record<'views' | 'firstViews', ReadonlySet<string>>>,
  context: ChunkingContext,
): string | null {
  const parts = new Set<string>();
  const reached = new Set([module]);
  // A set also gives out what is added to it on the way.
  for (const id of reached) {
    const { isEntry = false, importers = [], dynamicImporters = [] } = context.getModuleInfo(id) ?? {};
    if (isEntry) return ENTRY;
    if (dynamicImporters.length > 0) parts.add(views.has(id) ? id : LATER);
    for (const importer of importers) reached.add(importer);
  }
  const [part, ...others] = parts;
  // The bundler's own helpers, which have no importers, are for namespaces of modules that are loaded later.
  if (part === undefined || others.length > 0) return [...firstViews].some((view) => parts.has(view)) ? ENTRY : SHARED;
  return part === LATER ? LATER : null;
}

/** The view of a feature stands in its folder under the name of all views. */
function nameOf({ name, facadeModuleId }: PreRenderedChunk): string {
  if (name !== 'view' || typeof facadeModuleId !== 'string') return name;
  return `${basename(dirname(facadeModuleId))}-${name}`;
}

function reach(folder: string, chunks: readonly OutputChunk[]): Pick<ScriptBundle, 'entry' | 'chunksOf'> {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const entry = chunks.find(({ isEntry }) => isEntry)?.fileName;
  if (entry === undefined) throw new Error('the bundle of the page has no entry');
  const chunksOf = (module: string): readonly string[] => {
    const path = join(folder, module);
    const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(path));
    if (chunk === undefined) throw new Error(`no chunk of the page holds ${module}`);
    const reached = new Set([chunk.fileName]);
    for (const name of reached) for (const imported of byName.get(name)?.imports ?? []) reached.add(imported);
    reached.delete(entry);
    return [...reached];
  };
  return { entry, chunksOf };
}

/**
 * The chunk of a view imports what it shares with the page's first chunk from there, and runs when that has run: a module
 * that awaits the view at its top level would wait for ever, without a word.
 */
function refuseWaiting(chunks: readonly OutputChunk[]): void {
  const imported = new Set(chunks.filter(({ isEntry }) => !isEntry).flatMap(({ imports }) => imports));
  for (const { fileName, code, moduleIds } of chunks) {
    if (imported.has(fileName) && awaitsAtTop(parseAst(code))) {
      throw new Error(
        `the page awaits at the top level of a module that others import: one of ${moduleIds.join(', ')}`,
      );
    }
  }
}

const FUNCTIONS: ReadonlySet<unknown> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'MethodDefinition',
]);

function awaitsAtTop(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(awaitsAtTop);
  if (typeof node !== 'object' || node === null || !('type' in node)) return false;
  if (FUNCTIONS.has(node.type)) return false;
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && 'await' in node && node.await === true)) {
    return true;
  }
  return Object.values(node).some(awaitsAtTop);
}

function filesOf(output: readonly (OutputChunk | OutputAsset)[]): ReadonlyMap<string, string> {
  return new Map(output.map((file) => [file.fileName, textOf(file)]));
}

function textOf(file: { readonly code: string } | { readonly source: string | Uint8Array }): string {
  if ('code' in file) return file.code;
  return typeof file.source === 'string' ? file.source : Buffer.from(file.source).toString();
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
