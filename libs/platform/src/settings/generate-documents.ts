import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { renderConfiguration, renderEnvExample } from './render-documents.js';
import { settingsOf } from './setting.decorator.js';
import { Settings } from './settings.js';

/**
 * Writes `.env.example` and docs/configuration.md below the working directory.
 * With `--check` it writes nothing and exits with 1 when one of them is not what would be written.
 */
async function main(check: boolean): Promise<void> {
  const settings = settingsOf(Settings);
  const documents = [
    { path: '.env.example', text: renderEnvExample(settings) },
    { path: 'docs/configuration.md', text: renderConfiguration(settings) },
  ];
  for (const { path, text } of documents) {
    const file = resolve(path);
    if (check) {
      if ((await readOrNull(file)) === text) continue;
      process.stderr.write(`${path} is not what the settings class says; generate it anew\n`);
      process.exitCode = 1;
    } else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      process.stdout.write(`wrote ${path}\n`);
    }
  }
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

await main(process.argv.includes('--check'));
