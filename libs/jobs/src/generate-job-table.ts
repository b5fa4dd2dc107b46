import { readFile, writeFile } from 'node:fs/promises';
import { runMain, SECOND_MS } from '@app/platform';
import { JOB_DECLARATIONS } from './catalogue/catalogue.js';

/* Writes the table of the README from the declarations of the jobs; with `--check` proves that it is fresh. */

const PATH = 'libs/jobs/README.md';
const BEGIN = '<!-- table of the jobs: generated from `JOBS`; do not edit -->';
const END = '<!-- end of the table -->';
const HEAD = `| job | queue | what it does | attempts | time limit | jobs of one key are one job |
| --- | --- | --- | --- | --- | --- |`;

await runMain(async () => {
  const before = await readFile(PATH, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${PATH} has no place for the table of the jobs`);
  const rows = JOB_DECLARATIONS.map(
    ({ name, queue, purpose, attempts, timeoutMs }) =>
      `| \`${name}\` | \`${queue}\` | ${purpose.does} | ${attempts} | ${timeoutMs / SECOND_MS} s | ${purpose.oneJobPer} |`,
  );
  const after = `${before.slice(0, begin)}${BEGIN}\n\n${[HEAD, ...rows].join('\n')}\n\n${before.slice(end)}`;
  if (!process.argv.includes('--check')) {
    await writeFile(PATH, after);
    process.stdout.write(`wrote ${PATH}\n`);
  } else if (after !== before) {
    process.stderr.write(`${PATH} is not what the code says; generate it anew\n`);
    process.exitCode = 1;
  }
});
