import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './bootstrap/project.mjs';
import { filesIn } from './bootstrap/source-files.mjs';

/**
 * Holds the journeys of ARCHITECTURE.md against the code, and prints them. For each it follows what the files of the list take
 * from their own folders that runs, since a part that was cut off is still to be read: whatever it reaches has to be on the
 * list, or to be named beside it with the question that it answers, where it goes no further. So a journey does not grow
 * unseen. What describes data, modules and indexes are left out, as nobody has to read them to follow.
 *
 * Then how many source files are short: each is one more to open, so a tenth of them at most shall be.
 */
const AIMS = [8, 12, 14, 7, 18, 9, 10];
const ROW = /^\| (.+) \((\d+)\) \| ([^|]+) \| ([^|]+) \|$/gm;

const ROOMS = { api: 'apps/api/src', page: 'apps/api/page/src' };

const NOT_TO_BE_READ =
  /(\.spec|\.fixture|\.dto|\.examples|\.problems|\.settings|\.module|\.decorator|\.d|\/index|\/words|-metrics|\/generated\/.*)\.(ts|js)$/;

/** Tests, the page, and files without anything to read; Nest modules and entry points do count. */
const NOT_COUNTED = /(\/test\/|\/page\/|\/index\.ts$|\.(spec|d)\.ts$)/;
const SHORT_LINES = 40;

const files = (await filesIn(['apps', 'libs'], /\.(ts|js)$/)).filter((file) => !NOT_TO_BE_READ.test(file));
const sources = new Map(await Promise.all(files.map(async (file) => [file, await importsIn(file)])));
const rows = [...(await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8')).matchAll(ROW)];
if (rows.length !== AIMS.length) {
  process.exitCode = 1;
  process.stdout.write(`ARCHITECTURE.md has ${rows.length} journeys, not ${AIMS.length}\n`);
}
for (const [place, [, title = '', , list = '', beside = '']] of rows.entries()) {
  const listed = filesOf(list);
  const [named, reached] = follow(listed, new Set(namesIn(beside)));
  process.stdout.write(`${title}: ${listed.length} files (aim: ${AIMS[place]}), ${named.length} beside the way\n`);
  for (const file of listed) process.stdout.write(`  ${file}\n`);
  for (const file of reached) {
    process.exitCode = 1;
    process.stdout.write(`  ${file} is on the way too: ARCHITECTURE.md has to list it, or name it beside the way\n`);
  }
}

const counted = (await filesIn(['apps', 'libs'], /\.ts$/)).filter((file) => !NOT_COUNTED.test(file));
const short = (await Promise.all(counted.map(isShort))).filter(Boolean).length;
const percent = ((100 * short) / counted.length).toFixed(1);
process.stdout.write(
  `files under ${SHORT_LINES} lines: ${short} of ${counted.length}, ${percent} % (aim: at most 10 %)\n`,
);

async function isShort(file) {
  return (await readFile(join(ROOT, file), 'utf8')).split('\n').length - 1 < SHORT_LINES;
}

/**
 * The files of a cell: behind the name of a library (or of the API, or the page) and perhaps a folder, names without their ending.
 *
 * @param {string} cell such as "api: `a`, `b`; sync `runner/`: `c`; `d/e`" @returns {string[]}
 */
function filesOf(cell) {
  let room = '';
  return cell.split('; ').flatMap((part) => {
    const word = /^([a-z-]+)/.exec(part)?.[1];
    if (word !== undefined) room = ROOMS[word] ?? `libs/${word}/src`;
    const [first = '', ...others] = namesIn(part);
    const names = first.endsWith('/') ? others.map((name) => `${first}${name}`) : [first, ...others];
    return names.map((name) => {
      const path = `${room}/${name}`;
      return [path, `${path}.ts`, `${path}.js`].find((file) => sources.has(file)) ?? path;
    });
  });
}

/** @param {string} cell @returns {string[]} */
function namesIn(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** The files of its own folder from which a file takes more than types. */
async function importsIn(file) {
  const source = ts.createSourceFile(file, await readFile(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const path = statement.moduleSpecifier?.text ?? '';
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause : statement;
    const named = statement.importClause?.namedBindings?.elements ?? [];
    const isType = bindings?.isTypeOnly || (named.length > 0 && named.every(({ isTypeOnly }) => isTypeOnly));
    if (!path.startsWith('.') || isType) return [];
    const target = join(dirname(file), path);
    return dirname(target) === dirname(file) ? [target, target.replace(/\.js$/, '.ts')] : [];
  });
}

/** @returns what is named beside the way, and what is reached and not named at all */
function follow(listed, beside) {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    if (isNamed(file, beside)) return;
    for (const target of sources.get(file) ?? []) if (sources.has(target)) visit(target);
  };
  for (const file of listed) visit(file);
  const others = [...reached].filter((file) => !listed.includes(file)).toSorted((a, b) => (a < b ? -1 : 1));
  return [others.filter((file) => isNamed(file, beside)), others.filter((file) => !isNamed(file, beside))];
}

function isNamed(file, names) {
  return [...names].some((name) => file.endsWith(`/${name}.ts`) || file.endsWith(`/${name}.js`));
}
