import { execFile } from 'node:child_process';

/*
 * What Prometheus would object to in metrics, and what its queries ask for: as much of both as the tests of /metrics, of
 * the dashboard and of the alerts need.
 */

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: ReadonlySet<string>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) ?(.*)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? \\S+$`);
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
/** Other units than those that Prometheus counts in, and their short forms. */
const FOREIGN_UNITS =
  /(?:^|_)(?:ms|milliseconds|us|microseconds|ns|sec|minutes|min|hours|days|kb|mb|gb|kilobytes|megabytes|bits|percent)(?:_|$)/;
const TYPES_IN_NAMES = /(?:^|_)(?:counter|gauge|histogram|summary)(?:_|$)/;
const SUFFIX_OF_HISTOGRAM = /_(?:bucket|sum|count)$/;

/** @returns what is wrong with metrics in the text format of Prometheus, one sentence for each violation */
export function metricViolations(text: string): string[] {
  const { families, violations } = readFamilies(text);
  const bases = new Map<string, string>();
  for (const family of families.values()) {
    violations.push(...familyViolations(family).map((what) => `${family.name}: ${what}`));
    // In OpenMetrics a counter's family has no suffix.
    const base = family.name.replace(/_total$/, '');
    const other = bases.get(base);
    if (other !== undefined) violations.push(`${family.name}: the same name as ${other} but for its suffix`);
    bases.set(base, family.name);
  }
  return violations;
}

function familyViolations({ name, type, help, labels }: Family): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [help.trim() === '', 'has no help text'],
    [type === '', 'has no type'],
    [name !== name.toLowerCase() || name.includes(':'), 'is not in snake case'],
    [type === 'counter' && !name.endsWith('_total'), 'is a counter and does not end in _total'],
    [type !== 'counter' && name.endsWith('_total'), 'ends in _total and is no counter'],
    [type !== 'histogram' && SUFFIX_OF_HISTOGRAM.test(name), 'has a suffix of histograms'],
    [FOREIGN_UNITS.test(name), 'has a unit that is none of the base units'],
    [TYPES_IN_NAMES.test(name), 'has its type in its name'],
    [
      /duration|_age(?:_|$)|_lag(?:_|$)/.test(name) && !name.endsWith('_seconds'),
      'is a time and does not end in _seconds',
    ],
    [[...labels].some((label) => !/^[a-z][a-z_]*$/.test(label)), 'has a label that is not in snake case'],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, what]) => what);
}

function readFamilies(text: string): { families: Map<string, Family>; violations: string[] } {
  const families = new Map<string, Family>();
  const violations: string[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = HEAD.exec(line) ?? [];
    if (kind !== undefined) {
      if (seen.has(`${kind} ${name}`)) violations.push(`${name}: ${kind} twice`);
      seen.add(`${kind} ${name}`);
      const family = families.get(name) ?? { name, type: '', help: '', labels: new Set<string>() };
      families.set(name, kind === 'HELP' ? { ...family, help: rest } : { ...family, type: rest });
      continue;
    }
    const [, sample, labels = ''] = SAMPLE.exec(line) ?? [];
    if (sample === undefined) continue;
    const series = `${sample}{${labels}}`;
    if (seen.has(series)) violations.push(`${series}: twice`);
    seen.add(series);
    const base = sample.replace(SUFFIX_OF_HISTOGRAM, '');
    const family = families.get(sample) ?? families.get(base);
    if (family === undefined) violations.push(`${sample}: a sample without a head`);
    else families.set(family.name, { ...family, labels: new Set([...family.labels, ...labelsOf(labels).keys()]) });
  }
  return { families, violations };
}

function labelsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value]));
}

/** A metric as a query selects it. */
export interface SelectedMetric {
  readonly name: string;
  readonly labels: readonly string[];
  /** Values that a label must equal. */
  readonly values: Readonly<Record<string, string>>;
}

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring', 'group_left']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const MATCHER = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;
const SELECTOR = new RegExp(`(${NAME})\\s*\\{([^}]*)\\}`, 'g');

/**
 * The metrics that a query of Prometheus selects, and all labels by which it groups. Reads the part of the language that
 * our own queries use.
 */
export function selectedBy(query: string): { metrics: SelectedMetric[]; grouping: string[] } {
  const grouping = [...query.matchAll(GROUPING)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  const metrics: SelectedMetric[] = [];
  const plain = query
    .replaceAll(GROUPING, ' ')
    .replaceAll(SELECTOR, (_all, name: string, matchers: string) => {
      const read = [...matchers.matchAll(MATCHER)];
      metrics.push({
        name,
        labels: read.map(([, label = '']) => label),
        values: Object.fromEntries(
          read.flatMap(([, label = '', operator, value = '']) => (operator === '=' ? [[label, value]] : [])),
        ),
      });
      return ' ';
    })
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ');
  for (const [name] of plain.matchAll(new RegExp(`(?<![\\w.$])${NAME}(?!\\s*\\()\\b(?![\\w(])`, 'g'))) {
    if (!WORDS.has(name) && !/^\d/.test(name)) metrics.push({ name, labels: [], values: {} });
  }
  return { metrics, grouping };
}

/** @returns whether a metric of these labels has a series with all of these values, in the text of /metrics */
export function hasSeries(text: string, { name, values }: SelectedMetric): boolean {
  return text.split('\n').some((line) => {
    const [, sample, labels = ''] = SAMPLE.exec(line) ?? [];
    if (sample !== name) return false;
    const present = labelsOf(labels);
    return Object.entries(values).every(([label, value]) => present.get(label) === value);
  });
}

/**
 * Runs Prometheus's own checker.
 *
 * @param promtool the program
 * @returns what it said, one line each; empty when it found nothing
 */
export function runPromtool(promtool: string, args: readonly string[], input = ''): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(promtool, [...args], (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else if (error === null) resolve([]);
      else resolve(`${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== ''));
    });
    child.stdin?.end(input);
  });
}
