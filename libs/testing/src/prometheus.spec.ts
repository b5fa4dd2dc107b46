import { describe, expect, it } from 'vitest';
import { hasSeries, metricViolations, selectedBy } from './prometheus.js';

const metric = (name: string, type: string, samples = [`${name} 1`], help = 'What it counts'): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');

describe('the rules of metrics', () => {
  it('find nothing where all is well', () => {
    const text = [
      metric('jobs_total', 'counter', ['jobs_total{queue="a"} 0', 'jobs_total{queue="b"} 2']),
      metric('call_duration_seconds', 'histogram', [
        'call_duration_seconds_bucket{le="+Inf",call="GET /x"} 1',
        'call_duration_seconds_sum{call="GET /x"} 0.5',
        'call_duration_seconds_count{call="GET /x"} 1',
      ]),
      metric('sync_age_seconds', 'gauge'),
    ].join('\n');
    expect(metricViolations(text)).toEqual([]);
  });

  it.each([
    ['no help', metric('a', 'gauge', ['a 1'], ''), 'a: has no help text'],
    ['a counter without _total', metric('jobs', 'counter'), 'jobs: is a counter and does not end in _total'],
    ['a gauge with _total', metric('jobs_total', 'gauge'), 'jobs_total: ends in _total and is no counter'],
    ['a foreign unit', metric('wait_ms', 'gauge'), 'wait_ms: has a unit that is none of the base units'],
    ['a time without a unit', metric('job_duration', 'gauge'), 'job_duration: is a time and does not end in _seconds'],
    ['the type in the name', metric('job_gauge', 'gauge'), 'job_gauge: has its type in its name'],
    ['a suffix of histograms', metric('job_count', 'gauge'), 'job_count: has a suffix of histograms'],
    ['camel case', metric('jobCount', 'gauge'), 'jobCount: is not in snake case'],
    [
      'a label in camel case',
      metric('jobs', 'gauge', ['jobs{queueName="a"} 1']),
      'jobs: has a label that is not in snake case',
    ],
    ['a name twice', metric('a', 'gauge') + metric('a', 'gauge', []), 'a: HELP twice'],
    ['a series twice', metric('a', 'gauge', ['a 1', 'a 2']), 'a{}: twice'],
    ['no head', 'a 1\n', 'a: a sample without a head'],
    [
      'names that differ by a suffix',
      metric('a', 'gauge') + metric('a_total', 'counter'),
      'a_total: the same name as a but for its suffix',
    ],
  ])('find %s', (_what, text, violation) => {
    expect(metricViolations(text)).toContain(violation);
  });
});

describe('what a query selects', () => {
  it('are its metrics with their labels, and the labels that it groups by', () => {
    const query =
      'histogram_quantile(0.95, sum by (le, call) (rate(novita_request_duration_seconds_bucket{call="GET /x", job!="y"}[5m]))) > 2 and on () up == 1';
    expect(selectedBy(query)).toEqual({
      metrics: [
        {
          name: 'novita_request_duration_seconds_bucket',
          labels: ['call', 'job'],
          values: { call: 'GET /x' },
        },
        { name: 'up', labels: [], values: {} },
      ],
      grouping: ['le', 'call'],
    });
  });

  it('are no functions, numbers, ranges or words of the language', () => {
    expect(
      selectedBy(
        'time() - max(a_seconds) > 1e3 or sum(increase(b_total[$__rate_interval])) unless vector(0) offset 5m',
      ).metrics.map(({ name }) => name),
    ).toEqual(['a_seconds', 'b_total']);
  });

  it('is there when a series has the values', () => {
    const [wanted] = selectedBy('a_total{queue="x"}').metrics;
    if (wanted === undefined) throw new Error('nothing selected');
    expect(hasSeries('a_total{queue="x",job="1"} 0\n', wanted)).toBe(true);
    expect(hasSeries('a_total{queue="y"} 0\nb_total{queue="x"} 0\n', wanted)).toBe(false);
  });
});
