import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ProblemRegistry, renderProblemsMarkdown, runMain } from '@app/platform';
import { loadSettings } from '@app/settings';
import { PROBLEM_FAMILIES } from './core/errors/api.problems.js';
import { createApi } from './create-api.js';
import { withEventReference } from './docs/event-reference.js';
import { buildOpenApiDocument } from './docs/openapi-document.js';
import { FLEET_MODULES } from './fleet-modules.js';

/** The documents that the code of the API says, each by its path from the project's folder. */
const DOCUMENTS: Readonly<Record<string, (path: string) => Promise<string>>> = {
  'openapi.json': openApi,
  'docs/errors.md': async () => errorReference(),
  'docs/events.md': async (path) => withEventReference(await readFile(resolve(path), 'utf8')),
};

/**
 * Writes the documents that are named among the arguments, or all; with `--check` it only compares them, and the process
 * ends with 1 when one is not what would be written. Needs neither Redis nor Novita.
 */
await runMain(async () => {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  for (const [path, make] of Object.entries(DOCUMENTS)) {
    if (named.length > 0 && !named.includes(path)) continue;
    await writeOrCheck(path, await make(path), process.argv.includes('--check'));
  }
});

async function openApi(): Promise<string> {
  // Given here, so that the environment has no part in it.
  const settings = loadSettings({ NODE_ENV: 'test', LOG_LEVEL: 'silent' });
  const app = await createApi({ processName: 'openapi', settings, keys: [], fleet: FLEET_MODULES });
  const document = buildOpenApiDocument(app);
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

function errorReference(): string {
  const registry = new ProblemRegistry();
  for (const family of PROBLEM_FAMILIES) registry.declare(family);
  return renderProblemsMarkdown(registry.all());
}

async function writeOrCheck(path: string, text: string, isCheck: boolean): Promise<void> {
  const file = resolve(path);
  if (!isCheck) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    process.stdout.write(`wrote ${path}\n`);
    return;
  }
  const present = await readFile(file, 'utf8').catch(() => null);
  if (present === text) return;
  process.stderr.write(`${path} is not what the code says; generate it anew\n`);
  process.exitCode = 1;
}
