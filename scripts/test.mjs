import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, say } from './bootstrap/announce.mjs';
import { clientNode } from './bootstrap/client-node.mjs';
import { builtApiserver } from './bootstrap/kube-apiserver.mjs';
import { kubernetesTool } from './bootstrap/kubernetes-tools.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool, wishForTool } from './bootstrap/system-tools.mjs';

/**
 * `npm test`: sets up what the tests need, runs every suite and ends with one line, `N passed, N failed`.
 * Arguments go to vitest: `npm test -- --project unit libs/lifecycle`.
 */
const environment = { ...ENVIRONMENT };
try {
  await ensureDependencies();
  environment.REDIS_SERVER_BIN = await ensureTool('redis');
  environment.CHROMIUM_BIN = await ensureTool('chromium');
  environment.PYTHON_BIN = await ensureTool('python');
  await ensureTool('curl');
  environment.GO_BIN = (await wishForTool('go', 'the Go examples of docs/sync-status.md and docs/webhooks.md')) ?? '';
  environment.PROMTOOL_BIN =
    (await wishForTool('promtool', "what Prometheus's own checker says of the metrics and the alerts")) ?? '';
  environment.KUBECTL_BIN = (await kubernetesTool('kubectl')) ?? '';
  environment.CLIENT_NODE_MODULE = (await clientNode()) ?? '';
  if (environment.KUBECTL_BIN === '' || environment.CLIENT_NODE_MODULE === '') {
    say("NOT TESTED: that every real client of Kubernetes works with the sandbox's cluster");
  }
  // Built by `npm run test:kubernetes` only: that takes longer than all the tests.
  environment.KUBE_APISERVER_DIR = builtApiserver() ?? '';
  if (environment.KUBE_APISERVER_DIR === '') {
    say(
      'NOT TESTED: that the mirror works with a real kube-apiserver; npm run test:kubernetes builds one, once for this machine',
    );
  }
  await ensureBuild();
  // What one process of the tests has compiled of the packages, the next ones need not compile again.
  environment.NODE_COMPILE_CACHE ??= join(ROOT, 'dist', 'compile-cache');
} catch (error) {
  fail(error.message);
}

const report = join(ROOT, 'dist', 'test-report.json');
await mkdir(join(ROOT, 'dist'), { recursive: true });
await rm(report, { force: true });
const costs = join(ROOT, 'dist', 'test-costs.ndjson');
await rm(costs, { force: true });
environment.TEST_COSTS_FILE = costs;
const code = await run(NODE, [
  join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const { passed, failed } = await count(report);
await printCosts(costs);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(code === 0 && failed === 0 && passed > 0 ? 0 : 1);

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: environment, cwd: ROOT });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
}

/** Where the time goes: on two cores a run takes half of this, however much of it waits. */
async function printCosts(file) {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);
  if (lines.length === 0) return;
  const files = lines.map((line) => JSON.parse(line)).toSorted((a, b) => b.seconds - a.seconds);
  const total = files.reduce((sum, { seconds }) => sum + seconds, 0);
  const dearest = files
    .slice(0, 10)
    .map(({ file: name, seconds }) => `  ${seconds.toFixed(0).padStart(4)} s  ${name}\n`);
  process.stdout.write(`Processor time: ${total.toFixed(0)} s, most of it for\n${dearest.join('')}`);
}

/** A test file that could not be loaded or set up has no failed test of its own; it counts as one failure. */
async function count(file) {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return { passed: numPassedTests, failed: numFailedTests + broken };
}
