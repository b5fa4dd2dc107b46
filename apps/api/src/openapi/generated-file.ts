import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes a generated file below the working directory; with `--check` among the arguments it only compares, and the
 * process will end with 1 when the file is not what would be written.
 */
export async function writeOrCheck(path: string, text: string, args: readonly string[]): Promise<void> {
  const file = resolve(path);
  if (!args.includes('--check')) {
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
