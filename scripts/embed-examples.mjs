import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './bootstrap/project.mjs';

/**
 * Puts the text of the files in docs/examples/NAME/ into the code blocks of docs/NAME.md that follow a line
 * `<!-- example: FILE -->`, so that what a reader copies is what the tests run. With `--check` it writes nothing and
 * ends with 1 when the document is not what would be written, or shows not all of them.
 */
const NAMES = ['events', 'sync-status', 'webhooks'];
/** Not shown: it is there for the type check only. */
const HIDDEN = new Set(['tsconfig.json']);
const BLOCK = /(<!-- example: (\S+) -->\n```\w+\n)[\s\S]*?(^```$)/gm;

const check = process.argv.includes('--check');
for (const name of NAMES) {
  const folder = join(ROOT, 'docs', 'examples', name);
  const path = join(ROOT, 'docs', `${name}.md`);
  const files = (await readdir(folder)).filter((file) => !HIDDEN.has(file));
  const texts = new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')])),
  );
  const before = await readFile(path, 'utf8');
  const shown = new Set();
  const after = before.replaceAll(BLOCK, (_block, head, file, end) => {
    const text = texts.get(file);
    if (text === undefined) throw new Error(`docs/${name}.md shows ${file}, which is not in docs/examples/${name}`);
    if (text.includes('\n```')) throw new Error(`${file} holds the end of a code block`);
    shown.add(file);
    return `${head}${text}${end}`;
  });
  const missing = files.filter((file) => !shown.has(file));
  if (missing.length > 0) throw new Error(`docs/${name}.md does not show ${missing.join(', ')}`);
  if (after === before) continue;
  if (check) {
    process.stderr.write(`docs/${name}.md is not what the files in docs/examples/${name} say; generate it anew\n`);
    process.exitCode = 1;
  } else {
    await writeFile(path, after);
    process.stdout.write(`wrote docs/${name}.md\n`);
  }
}
