import { RedisSettings } from '@app/redis';
import { loadSettings } from '@app/settings';
import { MemoryLog, SpanRecorder } from '@app/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { inSpan } from '../tracing/tracing.js';
import { RootLogger, requestContext } from './root-logger.js';

const API_KEY = 'Kk-0123456789abcdef';
const REDIS_PASSWORD = 'p@ss/word-1';
const settings = loadSettings({
  NODE_ENV: 'test',
  API_KEYS: `ci:admin:${API_KEY}`,
  NOVITA_API_KEY: 'sk_novita_1234',
  REDIS_URL: `redis://default:${encodeURIComponent(REDIS_PASSWORD)}@redis.example:6379`,
});

describe('RootLogger', () => {
  const log = new MemoryLog();
  const root = new RootLogger({ settings, processName: 'api', destination: log });

  beforeEach(() => log.clear());

  it.each([
    [
      'a header',
      { headers: { authorization: `Bearer ${API_KEY}`, cookie: 'sid=abcdef123', 'x-request-id': 'kept' } },
      'abcdef123',
    ],
    ['an ssh password', { connection: { ssh: { sshPassword: 'letmein-99' } } }, 'letmein-99'],
    ['environment variables', { spec: { envs: { HF_TOKEN: 'hf_abc', A: 'plainvalue' } } }, 'plainvalue'],
    ['environment variables as a list', { envs: [{ key: 'A', value: 'plainvalue' }] }, 'plainvalue'],
    ['an API key in a list', { keys: [{ name: 'ci', key: API_KEY }] }, API_KEY],
    ["Novita's key in a text", { note: 'key sk_novita_1234 was refused' }, 'sk_novita_1234'],
    ['the settings', { settings }, REDIS_PASSWORD],
    [
      'the password of Redis, encoded',
      { url: settings.get(RedisSettings).redisUrl },
      encodeURIComponent(REDIS_PASSWORD),
    ],
    ['the password of Redis, bare', { text: `AUTH ${REDIS_PASSWORD} failed` }, REDIS_PASSWORD],
    ['the secret of webhooks', { webhook: { secret: 'whsec_abc' } }, 'whsec_abc'],
  ])('does not write %s', (_what, record, secret) => {
    root.logger.info(record, 'a record');
    expect(log.lines.join('')).not.toContain(secret);
    expect(log.lines.join('')).not.toContain(API_KEY);
    expect(log.records()).toMatchObject([{ msg: 'a record' }]);
  });

  it('does not write the password of an address of several hosts', () => {
    const password = 'k3y%2Fpart^';
    const several = loadSettings({ NODE_ENV: 'test', REDIS_URL: `redis-cluster://:${password}@h1:7000,h2:7001` });
    const lines = new MemoryLog();
    const logger = new RootLogger({ settings: several, processName: 'api', destination: lines }).logger;
    logger.info(
      { url: several.get(RedisSettings).redisUrl, text: 'AUTH k3y/part^', settings: several },
      `url ${several.get(RedisSettings).redisUrl}`,
    );
    expect(lines.lines.join('')).not.toMatch(/k3y/);
  });

  it('does not write a secret that stands in the message or in an error and its causes', () => {
    const cause = new Error(`connect redis://default:${encodeURIComponent(REDIS_PASSWORD)}@redis.example`);
    root.logger.error({ err: new Error('refused: sk_novita_1234', { cause }) }, `Bearer ${API_KEY}`);
    root.logger.child({ apiKey: 'child-secret' }).warn('child');
    const text = log.lines.join('');
    for (const secret of ['sk_novita_1234', API_KEY, 'child-secret', encodeURIComponent(REDIS_PASSWORD)]) {
      expect(text).not.toContain(secret);
    }
    expect(log.records()).toHaveLength(2);
  });

  it('writes one line for a record, whatever the text holds', () => {
    root.logger.info({ a: 'line\nbreak\r\u2028' }, 'forged\n{"level":"fatal"}');
    expect(log.lines.join('').trimEnd().split('\n')).toHaveLength(1);
    expect(log.records()).toMatchObject([{ level: 'info', msg: 'forged\n{"level":"fatal"}' }]);
  });

  it('says which process wrote it, and for which request', () => {
    requestContext.run('req-1', () => root.logger.info('inside'));
    root.logger.info('outside');
    expect(log.records()).toMatchObject([
      { process: 'api', pid: process.pid, msg: 'inside', requestId: 'req-1' },
      { process: 'api', msg: 'outside' },
    ]);
    expect(log.records()[1]).not.toHaveProperty('requestId');
  });

  it('says in which trace, while traces are made', async () => {
    const traces = SpanRecorder.start();
    onTestFinished(() => traces.stop());
    await inSpan(
      'work',
      () => ({}),
      async () => root.logger.info('inside'),
    );
    root.logger.info('outside');
    expect(log.records()).toMatchObject([{ traceId: traces.spans[0]?.traceId }, { msg: 'outside' }]);
    expect(log.records()[1]).not.toHaveProperty('traceId');
  });

  it('keeps to its level', () => {
    root.logger.debug('hidden');
    expect(log.lines).toEqual([]);
    expect((['debug', 'info', 'error'] as const).map((level) => root.access.isEnabled(level))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
