import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { say } from './bootstrap/announce.mjs';
import { kubernetesTool } from './bootstrap/kubernetes-tools.mjs';
import { ROOT } from './bootstrap/project.mjs';

/** Checks the chart with real helm, and all that it names against the code: settings, ports, paths, metrics, entry points. */
const CHART = join(ROOT, 'deploy', 'helm', 'novita-fleet');
const REQUIRED = [
  'image.repository=registry.example.com/novita-fleet',
  'fleetId=k3v9',
  'secrets.novita.name=novita',
  'secrets.apiKeys.name=api-keys',
  'secrets.redis.name=redis',
];
const ALL = [
  'monitoring.enabled=true',
  'monitoring.keySecret.name=prometheus',
  'worker.keda.enabled=true',
  'worker.keda.prometheusUrl=http://prometheus:9090',
  'kubernetesSource.enabled=true',
  'api.ingress.enabled=true',
  'api.ingress.host=fleet.example.com',
  'secrets.extra.WEBHOOK_SECRET.name=webhooks',
  'secrets.extra.WEBHOOK_SECRET.key=secret',
  'settings.AUTO_STOP_THRESHOLD=30m',
];

const helm = await kubernetesTool('helm');
if (helm === null) {
  say('NOT CHECKED: the chart, as there is no helm');
  process.exit(0);
}
const runHelm = async (...args) => (await promisify(execFile)(helm, args, { maxBuffer: 64 * 1_048_576 })).stdout;
const set = (values) => values.flatMap((value) => ['--set-string', value]);
/** Flags are no strings. */
const flags = (values) => values.flatMap((value) => [/=(?:true|false)$/.test(value) ? '--set' : '--set-string', value]);
const render = async (values) => {
  const text = await runHelm('template', 'fleet', CHART, '--namespace', 'gpu', ...flags(values));
  return parseAllDocuments(text).flatMap((document) => {
    assert.deepEqual(document.errors, []);
    return document.contents === null ? [] : [document.toJS()];
  });
};

await assert.rejects(runHelm('lint', CHART), 'the chart must not work without secrets, an image and a FLEET_ID');
await runHelm('lint', '--strict', CHART, ...set(REQUIRED));

const source = async (path) => readFile(join(ROOT, path), 'utf8');
const known = new Set([...(await source('.env.example')).matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name));
const metrics = await source('docs/metrics.md');
const openapi = JSON.parse(await source('openapi.json'));
const PORTS = { api: 3000, worker: 3001 };

const smallest = await render(REQUIRED);
assert.ok(!smallest.some(({ kind }) => ['ServiceMonitor', 'ScaledObject', 'ClusterRole', 'Ingress'].includes(kind)));
for (const objects of [smallest, await render([...REQUIRED, ...ALL])]) await check(objects);

async function check(objects) {
  const of = (kind) => objects.filter((object) => object.kind === kind);
  assert.deepEqual(of('Secret'), [], 'no secret may stand in a release');
  const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  assert.equal(new Set(names).size, names.length, 'two objects have one name');
  for (const { metadata } of objects) assert.ok(metadata.name.length <= 63, metadata.name);

  const [settings] = of('ConfigMap').filter(({ data }) => data.FLEET_ID !== undefined);
  for (const [name, value] of Object.entries(settings.data)) {
    assert.ok(name === 'NODE_ENV' || known.has(name), `${name} is no setting`);
    assert.equal(typeof value, 'string', `${name} is no text`);
  }
  assert.equal(settings.data.PORT, String(PORTS.api));
  assert.equal(settings.data.WORKER_PORT, String(PORTS.worker));
  const drain = ['SHUTDOWN_DELAY', 'SHUTDOWN_TIMEOUT'].map((name) => Number.parseInt(settings.data[name], 10));

  for (const workload of [...of('StatefulSet'), ...of('Deployment')]) {
    const { template, selector } = workload.spec;
    const [container] = template.spec.containers;
    const entry = container.args[1].replace(/^dist\//, '').replace(/\.js$/, '.ts');
    await access(join(ROOT, entry));
    assert.deepEqual(container.ports, [{ name: 'http', containerPort: PORTS[container.name] }]);
    for (const { name } of container.env) assert.ok(known.has(name), `${name} is no setting`);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      assert.ok(openapi.paths[container[probe].httpGet.path], `${probe} asks for a path that is not there`);
    }
    assert.ok(template.spec.terminationGracePeriodSeconds > drain[0] + drain[1], 'a drain would be cut short');
    assert.equal(template.spec.securityContext.runAsNonRoot, true);
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    assert.ok(container.resources.limits.memory, `${container.name} has no memory limit`);
    for (const [label, value] of Object.entries(selector.matchLabels)) {
      assert.equal(template.metadata.labels[label], value);
    }
    const writable = container.volumeMounts.map(({ mountPath }) => mountPath);
    assert.deepEqual(writable.toSorted(), ['/data', '/tmp'], 'a process writes to DATA_DIR and to /tmp');
  }
  for (const { spec } of [...of('Service'), ...of('PodDisruptionBudget'), ...of('ServiceMonitor')]) {
    const wanted = Object.entries(spec.selector.matchLabels ?? spec.selector);
    const targets = [...of('StatefulSet'), ...of('Deployment')].map(
      ({ spec: { template } }) => template.metadata.labels,
    );
    const found = targets.filter((labels) => wanted.every(([label, value]) => labels[label] === value));
    assert.equal(found.length, 1, 'a selector finds not exactly one kind of pods');
  }
  for (const { spec } of of('HorizontalPodAutoscaler')) {
    assert.ok(names.includes(`${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`), 'the HPA scales nothing');
  }
  for (const { spec } of of('ScaledObject')) {
    assert.ok(names.includes(`Deployment/${spec.scaleTargetRef.name}`), 'KEDA scales nothing');
    const [{ metadata }] = spec.triggers;
    for (const [name] of metadata.query.matchAll(/novita_[a-z_]+/g)) assert.ok(metrics.includes(`\`${name}\``), name);
    const { replicas } = of('Deployment')[0].spec;
    assert.equal(replicas, undefined, 'a fixed number would undo what KEDA has set at each upgrade');
  }
  const [rules] = of('PrometheusRule');
  if (rules !== undefined) {
    assert.ok(rules.spec.groups.length > 3, 'the alerts are not in the chart');
    const dashboard = of('ConfigMap').find(({ data }) => data['novita-fleet.json'] !== undefined);
    assert.ok(JSON.parse(dashboard.data['novita-fleet.json']).panels.length > 0, 'the dashboard is not in the chart');
  }
}
