import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runMain } from '@app/platform';
import { type ScaleFigures, scaleTables, withTables } from './scale-tables.js';

/* Writes the tables of docs/scale.md from the figures of the last run of the benchmark; with `--check` proves that they are fresh. */

const ROOT = join(import.meta.dirname, '..', '..');
const DOCUMENT = join(ROOT, 'docs', 'scale.md');
const FIGURES = join(ROOT, 'bench', 'scale-figures.json');

await runMain(async () => {
  const [figures, before] = [await readFile(FIGURES, 'utf8'), await readFile(DOCUMENT, 'utf8')];
  const after = withTables(before, scaleTables(JSON.parse(figures) as ScaleFigures));
  if (!process.argv.includes('--check')) {
    await writeFile(DOCUMENT, after);
  } else if (after !== before) {
    process.stderr.write(
      'docs/scale.md is not what bench/scale-figures.json says: run npm run bench -- scale -- --model\n',
    );
    process.exitCode = 1;
  }
});
