import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { PluginOfKubeconfig } from '../src/client/cluster-access.js';
import { credentialPlugin, Programs } from '../src/client/credential-plugin.js';
import { readKubeconfig } from '../src/client/kubeconfig.js';
import { VirtualTime } from './support/virtual-time.js';

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

/** The package, with a program that never answers. @returns how the program ended, by its signal */
function hanging(script: string): {
  readonly started: Promise<void>;
  readonly ended: Promise<string | null>;
  readonly load: () => Promise<unknown>;
} {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string | null>();
  class KubeConfig {
    loadFromFile(): void {}
    setCurrentContext(): void {}
    applyToHTTPSOptions(): Promise<void> {
      const program = spawn(process.execPath, ['-e', script]);
      onTestFinished(() => void program.kill('SIGKILL'));
      program.stdout.once('data', () => started.resolve());
      return new Promise((_resolve, reject) => {
        program.once('close', (_code, signal) => {
          ended.resolve(signal);
          reject(new Error('it was ended'));
        });
      });
    }
  }
  return { started: started.promise, ended: ended.promise, load: () => Promise.resolve({ KubeConfig }) };
}

it.each([
  ['asked to', 'SIGTERM', "console.log('on'); setInterval(() => undefined, 1e6)"],
  [
    'made to when it does not heed that',
    'SIGKILL',
    "process.on('SIGTERM', () => undefined); console.log('on'); setInterval(() => undefined, 1e6)",
  ],
])('ends a program that gives no credentials: it is %s', async (_how, signal, script) => {
  const { started, ended, load } = hanging(script);
  const programs = new Programs();
  const plugin = await credentialPlugin('/config', CONTEXT, programs, load);
  const failure = plugin.credentials().catch((error: unknown) => error);
  await started;
  // One that somebody else has started meanwhile is none of it.
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1e6)']);
  onTestFinished(() => void other.kill('SIGKILL'));
  await programs.close();
  expect(await ended).toBe(signal);
  expect(await failure).toMatchObject({ problem: 'plugin-failed' });
  expect([other.exitCode, other.signalCode]).toEqual([null, null]);
});

it('ends also the program of a kubeconfig that was replaced, or refused, meanwhile', async () => {
  const { started, ended, load } = hanging("console.log('on'); setInterval(() => undefined, 1e6)");
  const plugins = new PluginOfKubeconfig(new VirtualTime(), load);
  const failure = (await plugins.of('one', '/config', CONTEXT)).credentials().catch((error: unknown) => error);
  await started;
  plugins.forget();
  await plugins.of('two', '/config', CONTEXT);
  await plugins.close();
  expect(await ended).toBe('SIGTERM');
  expect(await failure).toMatchObject({ problem: 'plugin-failed' });
});
