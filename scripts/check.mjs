import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { ENVIRONMENT, ensureBuild, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run check`: everything that a machine can see without running a test. All checks run, even after a failure. What
 * the last one finds is shown also when it is well.
 */
const CHECKS = [
  ['types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'biome', ['check', '--error-on-warnings', '.']],
  ["the page's types", 'tsc', ['-p', 'apps/api/page/tsconfig.json']],
  ["the types of the page's tests", 'tsc', ['-p', 'apps/api/page/tsconfig.spec.json']],
  [
    'boundaries',
    'depcruise',
    ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'bench', 'simulation', 'chaos', 'test'],
  ],
  ['folders', 'depcruise', ['--config', '.dependency-cruiser.folders.cjs', 'apps', 'libs']],
  ['unused code', 'knip', ['--no-progress']],
  ['configuration documents are fresh', NODE, ['dist/libs/settings/src/generate-documents.js', '--check']],
  ['the table of the jobs is fresh', NODE, ['dist/libs/jobs/src/generate-job-table.js', '--check']],
  ['the state table is fresh', NODE, ['dist/libs/lifecycle/src/generate-state-table.js', '--check']],
  ['documents of the API are fresh', NODE, ['dist/apps/api/src/generate-documents.js', '--check']],
  ['the table of metrics is fresh', NODE, ['dist/apps/standalone/src/generate-metrics.js', '--check']],
  ["the page's types and limits of the API are fresh", NODE, ['scripts/generate-page-api.mjs', '--check']],
  ['the tables of docs/scale.md are fresh', NODE, ['dist/bench/scale-document.js', '--check']],
  ['the client in TypeScript is fresh', NODE, ['scripts/generate-client.mjs', '--check']],
  ['openapi.json is sound', 'redocly', ['lint', '--extends', 'recommended', '--max-problems', '20', 'openapi.json']],
  ["the documents' calls compile for generated clients", NODE, ['scripts/check-document-calls.mjs']],
  ['client examples are typed', 'vue-tsc', ['--noEmit', '-p', 'docs/examples/sync-status']],
  ['documents show their examples', NODE, ['scripts/embed-examples.mjs', '--check']],
  ['docs/proofs.md is fresh', NODE, ['scripts/generate-proofs.mjs', '--check']],
  ['documents name what is there', NODE, ['scripts/check-documents.mjs']],
  ['container files parse', NODE, ['scripts/check-container-files.mjs']],
  ['the chart fits the code', NODE, ['scripts/check-chart.mjs']],
  ['the journeys through the code, by their files', NODE, ['scripts/journeys.mjs'], true],
];
/** More would want more memory than a small machine has. */
const AT_ONCE = 2;

await ensureBuild();
const failed = [];
const waiting = [...CHECKS];
// Each uses about one processor. What takes longest stands first, so that none is left alone at the end.
await Promise.all(Array.from({ length: Math.min(availableParallelism(), AT_ONCE) }, work));
if (failed.length > 0) {
  process.stdout.write(`check failed: ${failed.join(', ')}\n`);
  process.exit(1);
}
process.stdout.write('check: all fine\n');

async function work() {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const [name, command, args, isShown = false] = /** @type {[string, string, string[], boolean?]} */ (check);
    const startedAt = Date.now();
    const { code, output } = await run(command, args);
    process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${Date.now() - startedAt} ms)\n`);
    if (code !== 0) failed.push(name);
    if (code !== 0 || isShown) process.stdout.write(output);
  }
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...ENVIRONMENT, REDOCLY_TELEMETRY: 'off' } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk.toString()));
    child.once('error', (error) => resolve({ code: 1, output: `${error.message}\n` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
