import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './bootstrap/project.mjs';
import { filesIn } from './bootstrap/source-files.mjs';

/**
 * Writes docs/proofs.md: which tests prove which promise, and what is tested of each feature, by the names of the tests.
 * It reads the files and runs none. With `--check` it writes nothing and ends with 1 when the document is not what would
 * be written.
 */
const DOCUMENT = join(ROOT, 'docs', 'proofs.md');
const FOLDERS = ['apps', 'libs', 'scripts', 'test'];
const TESTS = /(\.spec\.(ts|js)|-spec\.ts|\.conformance\.ts|\/conformance\/[\w-]+\.ts|^test\/suites\/[\w-]+\.ts)$/;
/** Below this many a promise has lost its proofs to a change of words here or there, and the rules below want mending. */
const LEAST_PROOFS = 20;

/** A test belongs to a promise when its file and its name fit. */
const PROMISES = [
  {
    title: 'No orphan is billed',
    text: 'Intent is written before the provider is called; whatever crashes in between is found again by its marker and adopted.',
    files: /lifecycle|redis-|two-fleets|orphan|sync|instance-store|novita-client|boot-without-redis|instance-life/,
    words:
      /orphan|marker|adopt|exactly once|\bonce\b.*(create|make|made)|(create|buy|bought).*(once|twice|again)|crash|killed|unknown effect|in doubt|lost create|whose answer was lost|intent/i,
  },
  {
    title: 'No stop is claimed that Novita has not confirmed',
    text: '`stopped` and `terminated` are written only from an observation; until then the record says so, is retried for ever, and its age is shown.',
    files: /lifecycle|instance-life|auto-stop|page-commands|redis-away|sync|ending/,
    words:
      /claim|confirm|stays stopping|until Novita|is stopping until|refuse.*stop|stop.*refuse|goes on until|vanished|terminated/i,
  },
  {
    title: 'No deadline lives only in memory or only in a job',
    text: 'Deadlines are fields of the record, kept in a sorted set and swept; one that is overdue and has no job is counted and repaired.',
    files: /lifecycle|jobs|auto-stop|instance-store|redis-|sync|test\//,
    words: /deadline|sweep|swept|overdue|repair|lost (its|the|all|every) .*job|delayed job|schedule/i,
  },
  {
    title: 'Unknown means active; absent means unknown',
    text: 'An instance whose activity cannot be read is not stopped; one that is missing from a single list is not gone.',
    files: /auto-stop|sync|lifecycle|decide|dashboard|spend/,
    words:
      /unknown|missing|absent|absence|unclean|clean list|inconsistent list|held|guard|brake|cannot be read|not (be )?read|nothing goes|removes nothing|stale|suspend|foreign|made elsewhere/i,
  },
  {
    title: 'Every answer says how fresh it is',
    text: 'Headers, events, lists and the page show the age of what they show, and what it was made from.',
    files:
      /apps\/api|sync|view|watch|redis-|page|boot-without-redis|standalone|kubernetes-source\/(src|test\/resource)/,
    words:
      /fresh|as of|data-source|data age|stale|behind|lag|since when|how old|where (it|they|its data) come|made from|X-Sync|X-Data|degraded|restored/i,
  },
  {
    title: 'Every decision can be explained',
    text: 'Why an instance was stopped, why it was not, and what would change that.',
    files: /auto-stop|lifecycle|instance-store|page-|sync|apps\/api/,
    words: /\bwhy\b|reason|explain|ledger|audit|what would change|\btold\b.*(why|each|one by one)|dry/i,
  },
];

/** Where a file belongs, by its path; the first that fits. */
const FEATURES = [
  [/^test\/(suites\/)?page-/, 'The page in a browser, on built processes'],
  [/^test\//, 'Whole systems of built processes'],
  [/^apps\/api\/page\//, 'The page'],
  [/^apps\/api\/src\/([\w-]+)\//, (name) => `HTTP API: ${name}`],
  [/^apps\/([\w-]+)\//, (name) => `The process: ${name}`],
  [/^libs\/([\w-]+)\//, (name) => `libs/${name}`],
  [/^scripts\//, 'Scripts'],
];

const text = render(await Promise.all((await filesIn(FOLDERS, TESTS)).map(testsOf)));
if (process.argv.includes('--check')) {
  const present = await readFile(DOCUMENT, 'utf8').catch(() => '');
  if (present !== text) {
    process.stderr.write('docs/proofs.md is not what the names of the tests say; generate it anew\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(DOCUMENT, text);
  process.stdout.write('wrote docs/proofs.md\n');
}

function render(files) {
  const all = files.flatMap(({ file, tests }) => tests.map((test) => ({ file, ...test })));
  return `${[
    '# What is proved, and where',
    'Made of the names of the tests by `npm run generate`; `npm run check` says when it is old. A line is one test, or one table of them.',
    `${all.length} lines in ${files.filter(({ tests }) => tests.length > 0).length} files.`,
    '## By promise',
    'The promises are those of [ARCHITECTURE.md](../ARCHITECTURE.md#what-must-stay-true); a test stands here when its name says so.',
    ...PROMISES.map((promise) => byPromise(promise, all)),
    '## By feature',
    'For each file its groups of tests, and how many lines each has.',
    ...byFeature(files),
  ].join('\n\n')}\n`;
}

function byPromise({ title, text, files, words }, all) {
  const proofs = all.filter(({ file, group, name }) => files.test(file) && words.test(`${group.join(' ')} ${name}`));
  if (proofs.length < LEAST_PROOFS) throw new Error(`only ${proofs.length} tests are found for "${title}"`);
  const files_ = Map.groupBy(proofs, ({ file }) => file);
  const lines = [...files_].map(([file, tests]) => {
    const names = tests.map(({ group, name }) => `  - ${[...group, name].join(' › ')}`);
    return `- ${link(file)}\n${names.join('\n')}`;
  });
  return `### ${title}\n\n${text}\n\n${lines.join('\n')}`;
}

function byFeature(files) {
  const features = Map.groupBy(
    files.filter(({ tests }) => tests.length > 0),
    ({ file }) => featureOf(file),
  );
  return [...features]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([feature, members]) => {
      const lines = members.map(({ file, tests }) => {
        const groups = [...Map.groupBy(tests, ({ group }) => group.join(' › '))];
        const words = groups.map(([group, { length }]) => `${group === '' ? 'alone' : group} (${length})`);
        return `- ${link(file)}: ${words.join('; ')}`;
      });
      return `### ${feature}\n\n${lines.join('\n')}`;
    });
}

function featureOf(file) {
  for (const [pattern, name] of FEATURES) {
    const match = pattern.exec(file);
    if (match !== null) return typeof name === 'string' ? name : name(match[1]);
  }
  throw new Error(`${file} belongs nowhere`);
}

function link(file) {
  return `[${file}](../${file})`;
}

/** The names in a file, in their order. */
async function testsOf(file) {
  const source = ts.createSourceFile(file, await readFile(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const tests = [];
  const visit = (node, group) => {
    const kind = ts.isCallExpression(node) ? kindOf(node.expression) : null;
    const name = kind === null ? null : titleOf(node.arguments[0], source);
    if (kind === 'describe' && name !== null) {
      for (const argument of node.arguments.slice(1)) visit(argument, [...group, name]);
      return;
    }
    if (kind === 'it' && name !== null) {
      tests.push({ group, name });
      return;
    }
    ts.forEachChild(node, (child) => visit(child, group));
  };
  visit(source, []);
  return { file, tests };
}

/** `describe`, `it.each(table)`, `it.concurrent` and the like; null for any other callee, and for a table itself. */
function kindOf(callee) {
  if (ts.isIdentifier(callee)) return { describe: 'describe', it: 'it', test: 'it' }[callee.text] ?? null;
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text === 'each' ? null : kindOf(callee.expression);
  if (ts.isTaggedTemplateExpression(callee)) return kindOfTable(callee.tag);
  return ts.isCallExpression(callee) ? kindOfTable(callee.expression) : null;
}

/** What `it.each` or `it.skipIf` makes when it is called with a table or a condition. */
function kindOfTable(callee) {
  return ts.isPropertyAccessExpression(callee) ? kindOf(callee.expression) : null;
}

/** As it is written; what is filled in stays a gap. */
function titleOf(argument, source) {
  if (argument === undefined) return null;
  if (ts.isStringLiteralLike(argument)) return escape(argument.text);
  if (ts.isTemplateExpression(argument))
    return escape([argument.head.text, ...argument.templateSpans.map(({ literal }) => `…${literal.text}`)].join(''));
  if (ts.isPropertyAccessExpression(argument) || ts.isIdentifier(argument)) return escape(argument.getText(source));
  return null;
}

function escape(name) {
  const filled = name.replaceAll(/%[sdijo]|\$\w+/g, '…');
  return filled.replaceAll(/([<>|*_`[\]])/g, '\\$1');
}
