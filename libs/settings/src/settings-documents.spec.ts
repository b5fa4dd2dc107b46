import { parseEnv } from 'node:util';
import { renderConfiguration, renderEnvExample, settingsOf } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { loadSettings, SECTIONS } from './fleet-settings.js';

const declared = SECTIONS.flatMap((section) => settingsOf(section));
const variables = [...loadSettings({}).sections.values()].flatMap((section) => Object.keys(section));

describe('the metadata of the settings', () => {
  it('covers every property of every section', () => {
    expect(declared.map((setting) => setting.variable)).toEqual(variables);
  });

  it('gives for every variable an example that is accepted by itself', () => {
    const pair = { UPSTASH_REDIS_REST_URL: 'https://x.upstash.io', UPSTASH_REDIS_REST_TOKEN: 't' };
    const production = { NOVITA_API_KEY: 'sk', API_KEYS: 'a:viewer:0123456789abcdef', FLEET_ID: 'k3v9' };
    const secret = `whsec_${'a'.repeat(32)}`;
    const webhooks = { WEBHOOK_SECRET: secret, WATCHDOG_WEBHOOK_SECRET: secret };
    const refused = declared.filter(({ variable, example }) => {
      try {
        loadSettings({ ...production, ...pair, ...webhooks, [variable]: example });
        return false;
      } catch {
        return true;
      }
    });
    expect(refused).toEqual([]);
  });
});

describe('renderEnvExample', () => {
  const text = renderEnvExample(declared);

  it.each(variables)('has a commented line for %s', (variable) => {
    expect(text.split('\n').filter((line) => line.startsWith(`# ${variable}=`))).toHaveLength(1);
  });

  it('changes nothing when it is used as it is', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it('holds texts that are accepted once the # is taken away', () => {
    const lines = text.split('\n').filter((line) => /^# [A-Z][A-Z_]+=/.test(line));
    const environment = parseEnv(lines.map((line) => line.slice(2)).join('\n'));
    expect(Object.keys(environment).sort()).toEqual([...variables].sort());
    // Of two that exclude each other, one.
    expect(() => loadSettings({ ...environment, KUBERNETES_EXCLUDE_NAMESPACES: '' })).not.toThrow();
  });

  it('keeps its lines short', () => {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});

describe('renderConfiguration', () => {
  const text = renderConfiguration(declared);

  it.each(variables)('has one table row for %s', (variable) => {
    const rows = text.split('\n').filter((line) => line.startsWith(`| \`${variable}\` |`));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.split(/(?<!\\)\|/)).toHaveLength(6);
  });

  it('marks the secrets', () => {
    const secret = text.split('\n').filter((line) => line.includes('Secret: never logged.'));
    expect(secret.map((line) => line.split('`')[1])).toEqual([
      'API_KEYS',
      'NOVITA_API_KEY',
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'REDIS_URL',
      'UPSTASH_REDIS_REST_TOKEN',
      'WEBHOOK_SECRET',
      'WATCHDOG_API_KEY',
      'WATCHDOG_WEBHOOK_SECRET',
      'OTEL_EXPORTER_OTLP_HEADERS',
    ]);
  });
});
