import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { runMain } from '@app/platform';
import { describeMetrics, renderMetrics } from './metrics-reference.js';

/*
 * Writes the table of docs/metrics.md from the registries of the processes; with `--check` it writes nothing and ends
 * with 1 when the table is not what would be written. Needs neither Redis nor Novita.
 */

const PATH = 'docs/metrics.md';
const BEGIN = '<!-- generated from the registries of the processes; do not edit below -->\n';

await runMain(async () => {
  const before = await readFile(PATH, 'utf8');
  const begin = before.indexOf(BEGIN);
  if (begin === -1) throw new Error(`${PATH} has no place for the table`);
  const after = renderMetrics(before.slice(0, begin + BEGIN.length), await describeMetrics());
  if (!process.argv.includes('--check')) {
    await writeFile(PATH, after);
    process.stdout.write(`wrote ${PATH}\n`);
  } else if (after !== before) {
    process.stderr.write(`${PATH} is not what the code says; generate it anew\n`);
    process.exitCode = 1;
  }
});
