import { tmpdir } from 'node:os';
import { freePort, startRedis } from '@app/testing/servers';
import { describe, expect, it } from 'vitest';
import { BuiltProcess } from './support/built-process.js';

const KEYS = { API_KEYS: 'ops:operator:a-long-random-text-1', NOVITA_API_KEY: 'sk_for_tests' };

/** Starts a process that must not start. @returns its exit code and all that it printed */
async function startFailure(
  app: 'api' | 'worker',
  env: Readonly<Record<string, string>>,
): Promise<[number | null, string]> {
  const process = new BuiltProcess(app, { DATA_DIR: tmpdir(), PORT: '0', WORKER_PORT: '0', ...env });
  const code = await process.ended;
  return [code, process.output.trim()];
}

describe('a process that cannot work', () => {
  it('names every fault of its settings at once, and shows no secret', async () => {
    const [code, output] = await startFailure('api', {
      NODE_ENV: 'production',
      API_KEYS: 'x:boss:a-secret-of-somebody',
      NOVITA_TIMEOUT: 'off',
    });
    expect(code).toBe(1);
    for (const variable of ['API_KEYS', 'NOVITA_API_KEY', 'NOVITA_TIMEOUT']) expect(output).toContain(variable);
    expect(output).not.toContain('a-secret-of-somebody');
  });

  it('says in one line which Redis it cannot reach and why, without its password', async () => {
    const port = await freePort();
    const REDIS_URL = `redis://:not-to-be-shown@127.0.0.1:${port}`;
    for (const app of ['api', 'worker'] as const) {
      const [code, output] = await startFailure(app, { ...KEYS, REDIS_URL, REDIS_ENABLE_FALLBACK: 'false' });
      expect(code).toBe(1);
      expect(output).toBe(`Redis at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED 127.0.0.1:${port}`);
    }
  });

  it('refuses a Redis that is there and of no use, whatever may be done without one', async () => {
    const redis = await startRedis(['--requirepass', 'right']);
    try {
      const REDIS_URL = `redis://:wrong@127.0.0.1:${redis.port}`;
      const [code, output] = await startFailure('api', { ...KEYS, REDIS_URL });
      expect(code).toBe(1);
      expect(output).toBe(`Redis at 127.0.0.1:${redis.port} refuses the user name or password of REDIS_URL`);
    } finally {
      await redis.stop();
    }
  });

  it('says to a worker without Redis what to do instead', async () => {
    const [code, output] = await startFailure('worker', KEYS);
    expect(code).toBe(1);
    expect(output).toContain('set REDIS_URL');
  });
});
