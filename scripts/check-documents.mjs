import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from './bootstrap/project.mjs';
import { shellBlocks } from './documents/shell-blocks.mjs';

/**
 * Proves that the documents speak of what there is: each relative link leads to a file and a heading, each folder in
 * backticks exists and each file is the end of one that does, each class that the documents for developers name is there,
 * each journey of ARCHITECTURE.md names as many files as it says, all of which exist, each shell block for users says what
 * proves it, and each alert has a heading that says what to do about it.
 */
const OF_USERS = /^(?:README|docs\/[\w-]+)\.md$/;
/** Their commands are those of tests of their own, in other words. */
const WITH_TESTS_OF_THEIR_OWN = new Set(
  ['command-line', 'kubernetes', 'mcp', 'page', 'scale'].map((name) => `docs/${name}.md`),
);
const ALERT_RULES = 'deploy/prometheus/alerts.yml';
const ALERTS_DOCUMENT = 'docs/operations.md';
const OF_DEVELOPERS = /^(ARCHITECTURE|CONTRIBUTING)\.md$|^libs\/[\w-]+\/README\.md$/;
const FOLDERS = ['apps', 'bench', 'deploy', 'docs', 'libs', 'scripts', 'simulation', 'test'];
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.data', 'coverage']);
/** From the root, or from the folder of the document. */
const FOLDER = new RegExp(`^(?:${FOLDERS.join('|')})/[\\w/-]+$`);
/** Perhaps without the folders before it; `<feature>` and `*`, which stand for many, are no part of one. */
const FILE = /^[\w./-]+\.(?:ts|js|mjs|cjs|lua|md|sh|css)$/;
/** A name for any file, and one of a package. */
const EXAMPLES = new Set(['x.spec.ts', 'ipaddr.js']);
const CLASS = /^(?:[A-Z][a-z0-9]+){2,}$/;

const files = listFiles('');
const documents = files.filter((path) => path.endsWith('.md'));
/** Each file with none, some and all of the folders before it. */
const endings = new Set(
  files.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(index).join('/'))),
);
const declared = declaredNames(files.filter((path) => /^(apps|libs|test)\/.*\.(ts|js)$/.test(path)));
const mistakes = [...documents.flatMap(mistakesOf), ...journeyMistakes(), ...alertMistakes()];
for (const mistake of mistakes) process.stdout.write(`${mistake}\n`);
process.stdout.write(`${documents.length} documents, ${mistakes.length} mistakes\n`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

/** @param {string} folder relative to the root; empty for the root @returns {string[]} */
function listFiles(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** @param {readonly string[]} sources @returns {ReadonlySet<string>} */
function declaredNames(sources) {
  const names = new Set();
  for (const path of sources) {
    for (const [name] of read(path).matchAll(/\b[A-Z]\w+/g)) names.add(name);
  }
  return names;
}

/** @param {string} document @returns {string[]} */
function mistakesOf(document) {
  const text = read(document);
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const code = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);
  return [
    ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => linkMistake(document, target)),
    ...code.filter((word) => !isThere(document, word)).map((word) => `there is no ${word}`),
    ...(OF_DEVELOPERS.test(document)
      ? code.filter((word) => CLASS.test(word) && !declared.has(word)).map((word) => `nothing is called ${word}`)
      : []),
    ...(OF_USERS.test(document) && !WITH_TESTS_OF_THEIR_OWN.has(document) ? unprovedBlocks(text) : []),
  ].map((mistake) => `${document}: ${mistake}`);
}

/** @param {string} text @returns {string[]} */
function unprovedBlocks(text) {
  return shellBlocks(text).flatMap(({ line, proof }) => {
    if (proof === null)
      return [`nothing says what proves the commands at line ${line} (scripts/documents/shell-blocks.mjs)`];
    const test = /^run by (\S+)$/.exec(proof)?.[1];
    if (test !== undefined)
      return existsSync(join(ROOT, test)) ? [] : [`there is no ${test}, which is to run line ${line}`];
    return proof === 'run' || /^(?:not run|example): \S/.test(proof) ? [] : [`"${proof}" at line ${line} is no proof`];
  });
}

/** @returns {string[]} */
function alertMistakes() {
  const alerts = new Set([...read(ALERT_RULES).matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name));
  const section = /^## Alerts$([\s\S]*?)(?=^## )/m.exec(read(ALERTS_DOCUMENT))?.[1] ?? '';
  const explained = new Set([...section.matchAll(/^#### (\w+)$/gm)].map(([, name = '']) => name));
  return [
    ...[...alerts].filter((name) => !explained.has(name)).map((name) => `${ALERTS_DOCUMENT}: no heading for ${name}`),
    ...[...explained].filter((name) => !alerts.has(name)).map((name) => `${ALERT_RULES}: there is no alert ${name}`),
  ];
}

/**
 * A row is the title with the number of files, then their names without the ending, behind the folders that they share, then what stands
 * beside the way.
 *
 * @returns {string[]}
 */
function journeyMistakes() {
  const rows = [...read('ARCHITECTURE.md').matchAll(/^\| (.+) \((\d+)\) \| ([^|]+) \| ([^|]+) \|$/gm)];
  return rows.flatMap(([, title = '', count = '', list = '', beside = '']) => {
    const names = namesIn(list);
    const exists = (name) => ['', '.ts', '.js'].some((ending) => endings.has(name + ending));
    const lacking = [...names, ...namesIn(beside)].filter((name) => !exists(name));
    return [
      ...lacking.map((name) => `ARCHITECTURE.md: ${title}: there is no ${name}`),
      ...(names.length === Number(count) ? [] : [`ARCHITECTURE.md: ${title}: ${names.length} files, not ${count}`]),
    ];
  });
}

/** What a cell of the journeys names, without the folders that stand before several names. @param {string} cell @returns {string[]} */
function namesIn(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).filter((name) => !name.endsWith('/'));
}

/** @param {string} document @param {string} word @returns {boolean} true also for what is no path */
function isThere(document, word) {
  if (FILE.test(word)) return EXAMPLES.has(word) || endings.has(word.replace(/^(?:\.\.?\/)+/, ''));
  if (!FOLDER.test(word)) return true;
  return [ROOT, join(ROOT, dirname(document))].some((from) => existsSync(join(from, word)));
}

/** @param {string} document @param {string} target @returns {string[]} */
function linkMistake(document, target) {
  if (/^[a-z]+:/.test(target)) return [];
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : normalize(join(dirname(document), path));
  const place = join(ROOT, file);
  if (!existsSync(place)) return [`the link ${target} leads nowhere`];
  if (anchor === undefined || statSync(place).isDirectory()) return [];
  return headingsOf(file).has(anchor) ? [] : [`the link ${target} leads to no heading`];
}

/** As GitHub makes anchors of headings. @param {string} document */
function headingsOf(document) {
  const titles = [...read(document).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

/** @param {string} path relative to the root */
function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}
