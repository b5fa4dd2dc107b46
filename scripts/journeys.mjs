import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from './bootstrap/project.mjs';
import { filesIn } from './bootstrap/source-files.mjs';

/**
 * Prints, for each journey that a reader of the code makes, the files on the way, so that they do not grow in number
 * unseen. A file is on the way when it is the entry, when it declares one of the names on the way, or when a file on the
 * way takes something from it that runs and both stand in one folder: a part that was cut off is still to be read.
 * Descriptions of data (DTOs, examples, problems), modules and indexes are left out, as nobody has to read them to follow.
 *
 * Then how many source files are short: each is one more to open, so a tenth of them at most shall be.
 *
 * It fails only when an entry does not exist. A name that nothing declares any more is reported.
 */
const JOURNEYS = [
  {
    title: 'GET /instances/{id}',
    aim: 8,
    entry: 'apps/api/src/instances/instance-reads.controller.ts',
    names: ['FreshReads', 'renderInstance', 'FleetView', 'WatchCache', 'MarkReader', 'FleetCopy'],
  },
  {
    title: 'POST /instances until the job is queued',
    aim: 12,
    entry: 'apps/api/src/instances/instance-writes.controller.ts',
    names: [
      'InstanceCommands',
      'CreateInstance',
      'CreateResolver',
      'selectProduct',
      'InstanceRecords',
      'ReconcileRequests',
      'BullMqJobQueue',
      'CoalescingQueue',
    ],
  },
  {
    title: 'one reconcile (a create)',
    aim: 14,
    entry: 'libs/lifecycle/src/reconcile/reconcile.processor.ts',
    names: ['Reconciler', 'decide', 'StepRunner', 'ProviderObserver', 'InstanceRecords', 'Novita'],
  },
  {
    title: 'one store.write',
    aim: 7,
    entry: 'libs/instance-store/src/redis/redis-instance-records.ts',
    names: ['InstanceRecords', 'planWrite', 'PlanRunner'],
  },
  {
    title: 'POST /instances/sync',
    aim: 18,
    entry: 'apps/api/src/sync/sync-instances.controller.ts',
    names: ['QueuedSyncRequests', 'SyncProcessor', 'SyncRunner', 'InstancePass', 'mergeListed', 'RunPublisher'],
  },
  {
    title: 'the auto-stop check',
    aim: 9,
    entry: 'libs/auto-stop/src/check/auto-stop-check.processor.ts',
    names: ['AutoStopCheck', 'CandidateHandler', 'decideIdle', 'ProviderSignals', 'IdleTracker'],
  },
  {
    title: 'live update of a row on the page',
    aim: 10,
    entry: 'apps/api/page/src/net/event-stream.js',
    names: ['Fleet', 'InstanceTable', 'instanceTableView', 'instanceRow'],
  },
];

const NOT_TO_BE_READ =
  /(\.spec|\.fixture|\.dto|\.examples|\.problems|\.module|\.decorator|\.d|\/index|\/generated\/.*)\.(ts|js)$/;

/** Tests, the page, and files without anything to read; Nest modules and entry points do count. */
const NOT_COUNTED = /(\/test\/|\/page\/|\/index\.ts$|\.(spec|d)\.ts$)/;
const SHORT_LINES = 40;

/** Nothing of the product runs through these. */
const AIDS = /^(libs\/(sandbox|testing)|apps\/sandbox)\//;

const files = (await filesIn(['apps', 'libs'], /\.(ts|js)$/)).filter(
  (file) => !NOT_TO_BE_READ.test(file) && !AIDS.test(file),
);
const sources = new Map(await Promise.all(files.map(async (file) => [file, await sourceOf(file)])));
const declaredIn = declarations();

for (const { title, aim, entry, names } of JOURNEYS) {
  const isThere = await access(join(ROOT, entry)).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    process.exitCode = 1;
    process.stdout.write(`${title}: its entry ${entry} does not exist; name the present one in scripts/journeys.mjs\n`);
    continue;
  }
  const onTheWay = follow([entry, ...names.flatMap((name) => declaredIn.get(name) ?? [])]);
  const unknown = names.filter((name) => !declaredIn.has(name));
  const judgement = onTheWay.length > aim ? `, ${onTheWay.length - aim} more than the aim of ${aim}` : ` (aim: ${aim})`;
  process.stdout.write(`${title}: ${onTheWay.length} files${judgement}\n`);
  if (unknown.length > 0) process.stdout.write(`  nothing is called ${unknown.join(', ')} any more\n`);
  for (const file of onTheWay) process.stdout.write(`  ${file}\n`);
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

async function sourceOf(file) {
  const text = await readFile(join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return { imports: importsOf(source, file), exports: exportsOf(source) };
}

/** Files of this repository, without what is taken as a type only. */
function importsOf(source, file) {
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const path = statement.moduleSpecifier?.text ?? '';
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause : statement;
    const named = statement.importClause?.namedBindings?.elements ?? [];
    const isType = bindings?.isTypeOnly || (named.length > 0 && named.every(({ isTypeOnly }) => isTypeOnly));
    if (!path.startsWith('.') || isType) return [];
    const target = relative(ROOT, join(ROOT, dirname(file), path));
    return [target, target.replace(/\.js$/, '.ts')];
  });
}

function exportsOf(source) {
  return source.statements.flatMap((statement) => {
    const isExported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (!isExported) return [];
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.text);
    return statement.name === undefined ? [] : [statement.name.text];
  });
}

function declarations() {
  const found = new Map();
  for (const [file, { exports }] of sources)
    for (const name of exports) found.set(name, [...(found.get(name) ?? []), file]);
  return found;
}

function follow(roots) {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const target of sources.get(file)?.imports ?? [])
      if (sources.has(target) && dirname(target) === dirname(file)) visit(target);
  };
  for (const root of roots) visit(root);
  return [...reached].sort((a, b) => (a < b ? -1 : 1));
}
