import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renderConfiguration, renderEnvExample } from './render-documents.js';
import { settingsOf } from './setting.decorator.js';
import { Settings } from './settings.js';

/** The documents that follow from the settings class, by their path in the repository. */
function documents(): Readonly<Record<string, string>> {
  const settings = settingsOf(Settings);
  return {
    '.env.example': renderEnvExample(settings),
    'docs/configuration.md': renderConfiguration(settings),
  };
}

/** Writes the documents below a folder and returns their paths. */
export async function writeSettingsDocuments(folder: string): Promise<readonly string[]> {
  const texts = Object.entries(documents());
  for (const [path, text] of texts) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return texts.map(([path]) => path);
}

/** The documents below a folder that are missing or not what would be written. */
export async function staleSettingsDocuments(folder: string): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, text] of Object.entries(documents())) {
    if ((await readOrNull(join(folder, path))) !== text) stale.push(path);
  }
  return stale;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
