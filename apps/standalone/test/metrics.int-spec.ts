import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformLogger, plainApiKey } from '@app/platform';
import { loadSettings } from '@app/settings';
import {
  hasSeries,
  MemoryLog,
  metricViolations,
  type RedisFixture,
  runPromtool,
  type SelectedMetric,
  selectedBy,
  startRedis,
} from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { createApi } from '../../api/src/create-api.js';
import { FLEET_MODULES } from '../../api/src/fleet-modules.js';
import { createWatchdog } from '../../watchdog/src/create-watchdog.js';
import { createWorker } from '../../worker/src/create-worker.js';
import { WORKER_MODULES } from '../../worker/src/worker-modules.js';
import { createStandalone } from '../src/create-standalone.js';
import { describeMetrics, type MetricDescription } from '../src/metrics-reference.js';

const ROOT = join(import.meta.dirname, '../../..');
/** Empty where Prometheus's checker is not to be had; `npm test` then says so. */
const PROMTOOL = process.env['PROMTOOL_BIN'] ?? '';
const KEY = 'viewer-key-0123456789';
const OURS = /^(?:novita_|http_)/;
/** Of Prometheus itself, for each target, and the labels that it gives to every series. */
const OF_PROMETHEUS = { metrics: ['up'], labels: ['instance', 'job', 'process', 'le'] };

const PROCESSES = ['api', 'worker', 'standalone', 'watchdog'] as const;
type ProcessName = (typeof PROCESSES)[number];

let redis: RedisFixture;
let folder: string;
const apps: NestFastifyApplication[] = [];
const texts = new Map<ProcessName, string>();
let described: readonly MetricDescription[];

async function scrape(name: ProcessName, made: Promise<NestFastifyApplication>): Promise<void> {
  const app = await made;
  apps.push(app);
  app.useLogger(app.get(PlatformLogger));
  await app.init();
  const headers = { authorization: `Bearer ${KEY}` };
  await app.inject({ url: '/health/live' });
  const unknown = await app.inject({ url: '/metrics' });
  expect([name, unknown.statusCode]).toEqual([name, 401]);
  const { body, statusCode } = await app.inject({ url: '/metrics', headers });
  expect([name, statusCode]).toEqual([name, 200]);
  texts.set(name, body);
}

beforeAll(async () => {
  redis = await startRedis();
  const optionsOf = (processName: ProcessName, redisUrl: string | null) => ({
    processName,
    settings: loadSettings({
      NODE_ENV: 'test',
      NOVITA_API_KEY: 'none',
      // Nothing answers there.
      NOVITA_API_BASE_URL: 'http://127.0.0.1:9',
      SHUTDOWN_TIMEOUT: '5s',
      SHUTDOWN_DELAY: '0s',
      ...(redisUrl !== null && { REDIS_URL: redisUrl }),
    }),
    keys: [plainApiKey('prometheus', 'viewer', KEY)],
    logDestination: new MemoryLog(),
  });
  // One after the other: which of two shows the figures of the fleet is decided by who is scraped first.
  await scrape('worker', createWorker({ ...optionsOf('worker', redis.url), workers: WORKER_MODULES }));
  await scrape('api', createApi({ ...optionsOf('api', redis.url), fleet: FLEET_MODULES }));
  await scrape('standalone', createStandalone(optionsOf('standalone', null)));
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-metrics-'));
  const watchdog = loadSettings({
    NODE_ENV: 'test',
    DATA_DIR: folder,
    API_KEYS: `watchdog:viewer:${KEY}`,
    NOVITA_API_KEY: 'none',
    NOVITA_API_BASE_URL: 'http://127.0.0.1:9',
    WATCHDOG_API_URL: 'http://127.0.0.1:9',
    WATCHDOG_API_KEY: KEY,
  });
  await scrape('watchdog', createWatchdog(watchdog, { logDestination: new MemoryLog() }));
  described = await describeMetrics();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

const textOf = (name: ProcessName): string => texts.get(name) ?? '';
const namesIn = (text: string): string[] => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);

describe.each(PROCESSES)('the metrics of the %s', (name) => {
  it('break no rule of Prometheus', () => {
    expect(metricViolations(textOf(name)).filter((violation) => OURS.test(violation))).toEqual([]);
  });

  it.skipIf(PROMTOOL === '')('are well by its own checker', async () => {
    const found = await runPromtool(PROMTOOL, ['check', 'metrics'], textOf(name));
    expect(found.filter((line) => OURS.test(line))).toEqual([]);
  });

  it('are all described', () => {
    const known = described.map((metric) => metric.name);
    expect(namesIn(textOf(name)).filter((metric) => OURS.test(metric) && !known.includes(metric))).toEqual([]);
  });

  it('show every counter from the start, each of its series with 0 until something is counted', () => {
    const counters = namesIn(textOf(name)).filter((metric) => OURS.test(metric) && metric.endsWith('_total'));
    expect(counters.length).toBeGreaterThan(0);
    const samples = textOf(name).split('\n');
    expect(counters.filter((counter) => !samples.some((line) => new RegExp(`^${counter}[ {]`).test(line)))).toEqual([]);
  });
});

describe('the figures of the whole fleet', () => {
  it('are shown by the process that was scraped first, and by no other of that fleet', () => {
    const ofFleet = described.filter((metric) => metric.shownBy === 'one').map((metric) => metric.name);
    expect(ofFleet.length).toBeGreaterThan(10);
    expect(namesIn(textOf('worker'))).toContain('novita_fleet_queue_jobs');
    expect(namesIn(textOf('api')).filter((metric) => ofFleet.includes(metric))).toEqual([]);
  });

  it('hold no metric that is also shown by each process', () => {
    const names = described.map((metric) => metric.name);
    expect(names.filter((metric, index) => names.indexOf(metric) !== index)).toEqual([]);
  });
});

/** What is wrong with a query: metrics, labels and values that no process shows. */
function mistakesOf(query: string): string[] {
  const { metrics, grouping } = selectedBy(query);
  const labels = new Set(metrics.flatMap(({ name }) => labelsOf(name)));
  return [
    ...(metrics.length === 0 ? ['no metric'] : []),
    ...metrics.flatMap(selectionMistakes),
    ...grouping.filter((label) => !labels.has(label)).map((label) => `grouped by ${label}`),
  ].map((mistake) => `${mistake}: ${query}`);
}

function selectionMistakes(selected: SelectedMetric): string[] {
  const { name } = selected;
  if (!isKnown(name)) return [`no metric ${name}`];
  const known = labelsOf(name);
  const strange = selected.labels.filter((label) => !known.includes(label)).map((label) => `${name} has no ${label}`);
  // A counter has all its series from the start; other metrics show what there is.
  const isShown = !name.endsWith('_total') || [...texts.values()].some((text) => hasSeries(text, selected));
  return isShown ? strange : [...strange, `${name} has no series ${JSON.stringify(selected.values)}`];
}

function describedAs(name: string): MetricDescription | undefined {
  return described.find(
    (metric) =>
      metric.name === name ||
      (metric.type === 'histogram' && metric.name === name.replace(/_(?:bucket|sum|count)$/, '')),
  );
}

function isKnown(name: string): boolean {
  // Those of Node are in the text alone.
  return (
    describedAs(name) !== undefined ||
    OF_PROMETHEUS.metrics.includes(name) ||
    (!OURS.test(name) && namesIn(textOf('api')).includes(name))
  );
}

function labelsOf(name: string): readonly string[] {
  return [...(describedAs(name)?.labels ?? []), ...OF_PROMETHEUS.labels];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

describe('deploy/prometheus', () => {
  const path = join(ROOT, 'deploy/prometheus/alerts.yml');

  it('alerts by metrics, labels and values that are there, and says what is wrong and what to do', async () => {
    const { groups } = parse(await readFile(path, 'utf8')) as { groups: { name: string; rules: Rule[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.flatMap(({ expr }) => mistakesOf(expr))).toEqual([]);
    for (const { alert, labels, annotations } of rules) {
      expect([alert, ['warning', 'critical'].includes(labels.severity)]).toEqual([alert, true]);
      expect([alert, annotations.summary.length > 20, annotations.runbook.length > 20]).toEqual([alert, true, true]);
    }
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
  });

  it.skipIf(PROMTOOL === '')('is well by the checker of Prometheus', async () => {
    expect(await runPromtool(PROMTOOL, ['check', 'rules', path])).toEqual([]);
    const config = join(ROOT, 'deploy/prometheus/prometheus.yml');
    expect(await runPromtool(PROMTOOL, ['check', 'config', '--syntax-only', config])).toEqual([]);
  });

  it.skipIf(PROMTOOL === '')('alerts about the mirror of a cluster when it is to, and not otherwise', async () => {
    const tests = join(ROOT, 'deploy/prometheus/kubernetes-alerts.test.yml');
    expect(await runPromtool(PROMTOOL, ['test', 'rules', tests])).toEqual([]);
  });
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
  /** Cells of a grid that is 24 wide. */
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const overlap = ({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean =>
  one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

describe('the dashboard', () => {
  const panelsOf = async (): Promise<readonly Panel[]> => {
    const text = await readFile(join(ROOT, 'deploy/grafana/novita-fleet.json'), 'utf8');
    return (JSON.parse(text) as { readonly panels: readonly Panel[] }).panels;
  };

  it('draws metrics that are there, from the data source that is chosen', async () => {
    const text = await readFile(join(ROOT, 'deploy/grafana/novita-fleet.json'), 'utf8');
    const { panels, templating } = JSON.parse(text) as {
      panels: Panel[];
      templating: { list: { name: string; type: string }[] };
    };
    expect(templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
    const drawn = panels.filter(({ type }) => type !== 'row');
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Fleet and money',
      'Freshness',
      'Lifecycle',
      'Migration',
      'Queues',
      'Novita',
      'HTTP',
      'Webhooks',
      'Redis',
      'Watchdog',
      'Kubernetes',
    ]);
    expect(drawn.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => mistakesOf(expr)))).toEqual([]);
    for (const { title, datasource, targets = [] } of drawn) {
      const sources = [datasource?.uid, ...targets.map((target) => target.datasource.uid)];
      expect([title, new Set(sources)]).toEqual([title, new Set(['${datasource}'])]);
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('has the form that Grafana asks for: known panels in a grid, each query with a letter, no variable but its own', async () => {
    const panels = await panelsOf();
    for (const panel of panels) {
      const { title, type, targets = [], gridPos } = panel;
      expect([title, ['row', 'stat', 'timeseries'].includes(type)]).toEqual([title, true]);
      expect([title, (targets.length === 0) === (type === 'row')]).toEqual([title, true]);
      expect([title, new Set(targets.map(({ refId }) => refId)).size]).toEqual([title, targets.length]);
      expect([title, gridPos.x >= 0 && gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
      expect([title, panels.filter((other) => other !== panel && overlap(panel, other)).length]).toEqual([title, 0]);
    }
    const variables = JSON.stringify(panels).match(/\$\{?\w+/g) ?? [];
    expect(new Set(variables)).toEqual(new Set(['${datasource', '$__rate_interval']));
  });

  it.skipIf(PROMTOOL === '')('asks what Prometheus can parse', async () => {
    const exprs = (await panelsOf()).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const rules = exprs.map((expr, place) => ({
      record: `panel:${place}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-dashboard-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'rules.yml');
    // JSON is YAML.
    await writeFile(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(rules.length).toBeGreaterThan(50);
    expect(await runPromtool(PROMTOOL, ['check', 'rules', path])).toEqual([]);
  });

  it('leaves no metric of ours out', async () => {
    const text = await readFile(join(ROOT, 'deploy/grafana/novita-fleet.json'), 'utf8');
    expect(described.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}(?:_|\\b)`).test(text))).toEqual(
      [],
    );
  });
});
