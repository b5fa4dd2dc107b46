import { Clock, MetricsRegistry } from '@app/platform';
import { loadSettings } from '@app/settings';
import { WatchdogMetrics } from '@app/watchdog';
import type { Registry } from 'prom-client';
import { createStandalone } from './create-standalone.js';

/** A metric as docs/metrics.md describes it. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** `one`: the same in every process, and shown by one of them at a time. `watchdog`: by the process on another host alone. */
  readonly shownBy: 'each' | 'one' | 'watchdog';
}

/** Nothing answers there: the registries are wanted, not what a fleet would show in them. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * Every metric of our own that any process can show, by name. Starts all modules in this process, in memory: some metrics
 * are registered when a module starts.
 */
export async function describeMetrics(): Promise<readonly MetricDescription[]> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    NOVITA_API_KEY: 'none',
    NOVITA_API_BASE_URL: NOWHERE,
    // Without a limit there is no metric of how near it is.
    SPEND_DAILY_LIMIT_USD: '1',
    SHUTDOWN_TIMEOUT: '2s',
    SHUTDOWN_DELAY: '0s',
  });
  const app = await createStandalone({ processName: 'metrics-reference', settings, keys: [] });
  await app.init();
  try {
    const registry = app.get(MetricsRegistry);
    const watchdog = new WatchdogMetrics(new MetricsRegistry(), app.get(Clock));
    const all = [
      ...describe(registry, 'each'),
      ...describe(registry.fleet, 'one'),
      ...describe(watchdog.registry, 'watchdog'),
    ];
    return all.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  } finally {
    await app.close();
  }
}

function describe(registry: Registry, shownBy: MetricDescription['shownBy']): MetricDescription[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, type, help } = metric;
    return { name, type: String(type), help, labels: labelsOf(metric), shownBy };
  });
}

/** prom-client keeps them, but not in its types. */
function labelsOf(metric: object): readonly string[] {
  if (!('labelNames' in metric) || !Array.isArray(metric.labelNames)) return [];
  return metric.labelNames.filter((label): label is string => typeof label === 'string');
}

/** The page of all metrics. @param text what stands before the table */
export function renderMetrics(text: string, metrics: readonly MetricDescription[]): string {
  const rows = metrics.map(({ name, type, labels, help, shownBy }) => {
    const named = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${named} | ${shownBy} | ${help.replaceAll('|', '\\|')} |`;
  });
  const head = ['| metric | type | labels | shown by | meaning |', '| --- | --- | --- | --- | --- |'];
  return `${text}\n${[...head, ...rows].join('\n')}\n`;
}
