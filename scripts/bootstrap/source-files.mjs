import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

const SKIPPED = /(^|\/)(node_modules|dist|fixtures)(\/|$)/;

/** Paths from the root, sorted, of the files in these folders whose names fit. */
export async function filesIn(folders, pattern) {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(ROOT, folder), { recursive: true });
      return names.map((name) => `${folder}/${name}`);
    }),
  );
  return found
    .flat()
    .filter((path) => pattern.test(path) && !SKIPPED.test(path))
    .sort((a, b) => (a < b ? -1 : 1));
}
