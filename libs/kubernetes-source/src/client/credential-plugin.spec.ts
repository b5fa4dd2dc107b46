import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { credentialPlugin, Programs } from './credential-plugin.js';
import { readKubeconfig } from './kubeconfig.js';

const CONTEXT = readKubeconfig(
  {
    'current-context': 'one',
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://k8s.test' } }],
    users: [{ name: 'u', user: { exec: { command: 'aws' } } }],
  },
  null,
  '/',
);

/** The package, as far as it is used. */
function packageThat(apply: (options: Record<string, unknown>) => unknown): {
  calls: string[];
  load: () => Promise<unknown>;
} {
  const calls: string[] = [];
  class KubeConfig {
    loadFromFile(path: string): void {
      calls.push(`load ${path}`);
    }
    setCurrentContext(name: string): void {
      calls.push(`context ${name}`);
    }
    async applyToHTTPSOptions(options: Record<string, unknown>): Promise<void> {
      await apply(options);
    }
  }
  return { calls, load: () => Promise.resolve({ KubeConfig }) };
}

describe('credentialPlugin', () => {
  it('gets tokens and certificates through the package', async () => {
    const token = packageThat((options) => Object.assign(options, { headers: { Authorization: 'Bearer abc' } }));
    const plugin = await credentialPlugin('/config', CONTEXT, new Programs(), token.load);
    await expect(plugin.credentials()).resolves.toEqual({ token: 'abc', certificate: null });
    expect(token.calls).toEqual(['load /config', 'context one']);
    const pair = packageThat((options) => Object.assign(options, { cert: Buffer.from('c'), key: 'k' }));
    await expect(
      (await credentialPlugin('/config', CONTEXT, new Programs(), pair.load)).credentials(),
    ).resolves.toEqual({
      token: null,
      certificate: { cert: 'c', key: 'k' },
    });
  });

  it('says what a program said, without what may be a secret', async () => {
    const secret = `k8s-aws-v1.${'a1B2'.repeat(20)}`;
    const failing = packageThat(() => {
      throw new Error(`no such profile; got ${secret}`);
    });
    const failure = (await credentialPlugin('/config', CONTEXT, new Programs(), failing.load)).credentials();
    await expect(failure).rejects.toMatchObject({
      problem: 'plugin-failed',
      message: "the kubeconfig's exec gave no credentials: no such profile; got ...",
    });
    const silent = await credentialPlugin('/config', CONTEXT, new Programs(), packageThat(() => undefined).load);
    await expect(silent.credentials()).rejects.toMatchObject({ problem: 'plugin-failed' });
  });

  it('waits half a minute for a program that hangs', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const hanging = await credentialPlugin(
      '/config',
      CONTEXT,
      new Programs(),
      packageThat(() => new Promise<void>(() => {})).load,
    );
    const failure = hanging.credentials().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({
      problem: 'plugin-failed',
      message: "the kubeconfig's exec gave no credentials: there was no answer within 30 s",
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts nothing for a connection that was given up', async () => {
    const programs = new Programs();
    let started = 0;
    const plugin = await credentialPlugin('/config', CONTEXT, programs, packageThat(() => (started += 1)).load);
    await programs.close();
    await expect(plugin.credentials()).rejects.toMatchObject({
      problem: 'plugin-failed',
      message: expect.stringContaining('was given up'),
    });
    expect(started).toBe(0);
  });

  it('names the package when it is not there, or is another one', async () => {
    const missing = credentialPlugin('/config', CONTEXT, new Programs(), () => Promise.reject(new Error('not found')));
    await expect(missing).rejects.toMatchObject({ problem: 'plugin-missing', message: /npm install @kubernetes/ });
    const other = credentialPlugin('/config', CONTEXT, new Programs(), () => Promise.resolve({ Config: class {} }));
    await expect(other).rejects.toMatchObject({ problem: 'plugin-missing' });
  });
});
