import { spawnSync } from 'node:child_process';
import { ENVIRONMENT, ensureBuild, NODE, ROOT } from './bootstrap/project.mjs';

/** `npm run check`: everything that a machine can see without running a test. All checks run, even after a failure. */
const CHECKS = [
  ['format', 'biome', ['check', '--error-on-warnings', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']],
  ["the page's types", 'tsc', ['-p', 'apps/api/page/tsconfig.json']],
  ["the types of the page's tests", 'tsc', ['-p', 'apps/api/page/tsconfig.spec.json']],
  ['boundaries', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'bench', 'test']],
  ['folders', 'depcruise', ['--config', '.dependency-cruiser.folders.cjs', 'apps/api/src']],
  ['unused code', 'knip', ['--no-progress']],
  ['configuration documents are fresh', NODE, ['dist/libs/platform/src/config/generate-documents.js', '--check']],
  ['the state table is fresh', NODE, ['dist/libs/lifecycle/src/generate-state-table.js', '--check']],
  ['documents of the API are fresh', NODE, ['dist/apps/api/src/generate-documents.js', '--check']],
  ["the page's types and limits of the API are fresh", NODE, ['scripts/generate-page-api.mjs', '--check']],
  ['openapi.json is sound', 'redocly', ['lint', '--extends', 'recommended', '--max-problems', '20', 'openapi.json']],
  ["the README's calls compile for generated clients", NODE, ['scripts/check-readme-calls.mjs']],
  ['client examples are typed', 'vue-tsc', ['--noEmit', '-p', 'docs/examples/sync-status']],
  ['documents show their examples', NODE, ['scripts/embed-examples.mjs', '--check']],
  ['container files parse', NODE, ['scripts/check-container-files.mjs']],
];

await ensureBuild();
const failed = [];
for (const [name, command, args] of CHECKS) {
  const startedAt = Date.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...ENVIRONMENT, REDOCLY_TELEMETRY: 'off' },
    encoding: 'utf8',
  });
  const ok = status === 0;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${Date.now() - startedAt} ms)\n`);
  if (!ok) {
    failed.push(name);
    process.stdout.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  }
}
if (failed.length > 0) {
  process.stdout.write(`check failed: ${failed.join(', ')}\n`);
  process.exit(1);
}
process.stdout.write('check: all fine\n');
