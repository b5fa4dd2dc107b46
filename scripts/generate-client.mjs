import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pinnedPackages } from './bootstrap/pinned-packages.mjs';
import { ROOT } from './bootstrap/project.mjs';

/**
 * Generates clients/typescript/src from openapi.json; with `--check` only proves that it is fresh.
 *
 * The generator stands in a folder of its own outside the project, pinned, because it wants an older TypeScript than ours.
 */
const GENERATOR = { '@hey-api/openapi-ts': '0.99.0', typescript: '5.9.3' };
const CLIENT = join(ROOT, 'clients', 'typescript', 'src');
const isCheck = process.argv.includes('--check');

const modules = await pinnedPackages('openapi-ts-0.99.0', GENERATOR, 'the generator of the client');
if (modules === null) process.exit(isCheck ? 0 : 1);
const generator = join(modules, '@hey-api', 'openapi-ts', 'dist', 'index.mjs');
const work = await mkdtemp(join(tmpdir(), 'novita-fleet-client-'));
try {
  const { createClient } = await import(pathToFileURL(generator).href);
  await createClient({
    input: join(ROOT, 'openapi.json'),
    // Node and bundlers alike find what an import names with its ending.
    output: { path: work, importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent' },
  });
  const [generated, kept] = await Promise.all([textsOf(work), textsOf(CLIENT)]);
  // Whoever compiles the client may be stricter than its generator is.
  const made = Object.fromEntries(Object.entries(generated).map(([file, text]) => [file, `// @ts-nocheck\n${text}`]));
  if (isCheck) {
    assert.deepEqual(Object.keys(kept).toSorted(), Object.keys(made).toSorted(), 'other files: run npm run generate');
    for (const [file, text] of Object.entries(made))
      assert.ok(kept[file] === text, `${file} is old: run npm run generate`);
  } else {
    await rm(CLIENT, { recursive: true, force: true });
    for (const [file, text] of Object.entries(made)) {
      const path = join(CLIENT, file);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, text);
    }
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Every file below the folder, by its path there. */
async function textsOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [relative(folder, file), await readFile(file, 'utf8')])),
  );
}
