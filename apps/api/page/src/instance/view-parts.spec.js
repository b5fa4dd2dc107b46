import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import { everyDay } from './charts.js';
import { curlLine } from './connect-tab.js';
import { formLike, nameLike } from './create-like.js';
import { metricsPath, periodNamed } from './utilisation-tab.js';

describe('one like this', () => {
  it('has what it was made of', () => {
    const instance = anInstance({
      name: 'llama',
      envs: [{ key: 'MODEL' }],
      portMappings: [{ port: 8080, type: 'http' }],
      autoStop: { enabled: false },
    });
    expect(formLike(instance)).toMatchObject({
      name: 'llama-2',
      image: instance.image,
      productId: instance.product.id,
      gpuNum: String(instance.gpuNum),
      ports: [{ port: '8080', protocol: 'http' }],
      envs: [{ key: 'MODEL', value: '' }],
      autoStop: 'off',
      thresholdMinutes: '',
      maxLifetimeMinutes: '',
      reportToken: false,
    });
  });

  it('reports its use when that one could', () => {
    expect(formLike(anInstance({ tokenIssuedAt: '2026-03-01T09:00:00.000Z' })).reportToken).toBe(true);
  });

  it('has a name that a create takes', () => {
    expect(nameLike('llama-2')).toBe('llama-3');
    expect(nameLike('run-2026')).toBe('run-2027');
    expect(nameLike('a b/c')).toBe('a-b-c-2');
    expect(nameLike('x'.repeat(400)).length).toBeLessThanOrEqual(255);
  });
});

it('quotes an address for a shell', () => {
  expect(curlLine("https://a.example/it's")).toBe("curl -sS 'https://a.example/it%27s'");
});

describe('the days of a chart', () => {
  it('are all days from the first to today, and a week at least', () => {
    const days = everyDay([{ day: '2026-02-27', usd: 2, savedUsd: 0 }], '2026-03-01T10:00:00.000Z');
    expect(days.map(({ day }) => day.slice(5))).toEqual([
      '02-23',
      '02-24',
      '02-25',
      '02-26',
      '02-27',
      '02-28',
      '03-01',
    ]);
    expect(days.map(({ usd }) => usd)).toEqual([0, 0, 0, 0, 2, 0, 0]);
    expect(everyDay([{ day: '2026-01-30', usd: 1, savedUsd: 0 }], '2026-03-01T10:00:00.000Z')).toHaveLength(31);
  });
});

describe('the period of utilisation', () => {
  it('is one of those that are offered', () => {
    expect(periodNamed('6')).toBe(6);
    expect(periodNamed('7')).toBe(1);
    expect(periodNamed(null)).toBe(1);
  });

  it('is never longer than the API takes', () => {
    const now = Date.parse('2026-03-01T12:00:30.000Z');
    expect(metricsPath({ id: 'ins_1' }, 1, now)).toBe('/api/v1/instances/ins_1/metrics');
    const from = Number(/from=(\d+)$/.exec(metricsPath({ id: 'ins_1' }, 24, now))?.[1]);
    expect(now - from).toBeLessThanOrEqual(24 * 3_600_000);
    expect(now - from).toBeGreaterThan(24 * 3_600_000 - 60_000);
  });
});
