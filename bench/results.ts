import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly limit: string;
  readonly ratio: string;
  readonly aim: string;
  /** Null when the run says nothing of it. */
  readonly reached: boolean | null;
}

const FILE = join(import.meta.dirname, '..', '..', 'bench', 'RESULTS.md');
const HEAD = `# Benchmark results

Each figure is a ratio against its own limit, measured in turn with it in the same run. The machines are shared and noisy:
compare ratios, not rates, and trust CPU per request (of the server process alone) over requests per second.
`;

/** @param method how it was measured, in words */
export async function describeMachine(method: string): Promise<string> {
  const processors = cpus();
  const kernel = (await readFile('/proc/version', 'utf8').catch(() => '')).split(' ')[2] ?? 'unknown';
  return (
    `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${kernel}, ` +
    `Node ${process.version}; ${method}.`
  );
}

function inWord(reached: boolean | null): string {
  if (reached === null) return 'not shown';
  return reached ? 'yes' : 'NO';
}

/** @param isWhole whether everything was measured: then the table replaces this benchmark's section of bench/RESULTS.md */
export async function writeResults(
  name: string,
  machine: string,
  rows: readonly Row[],
  notes: readonly string[],
  isWhole = true,
): Promise<void> {
  const table = [
    '| what | ours | limit | ratio | aim | reached |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) => `| ${row.what} | ${row.ours} | ${row.limit} | **${row.ratio}** | ${row.aim} | ${inWord(row.reached)} |`,
    ),
  ].join('\n');
  const section = [`## ${name}`, '', machine, '', table, '', ...notes.map((note) => `- ${note}`), ''].join('\n');
  process.stdout.write(`${section}\n`);
  if (!isWhole) return;
  const before = await readFile(FILE, 'utf8').catch(() => HEAD);
  const parts = before.split(/^(?=## )/m);
  const place = parts.findIndex((part) => part.startsWith(`## ${name}\n`));
  // In its place, before what somebody has written about it.
  const all = place === -1 ? [...parts, section] : parts.with(place, section);
  await writeFile(FILE, all.join('\n').replace(/\n{3,}/g, '\n\n'));
}
