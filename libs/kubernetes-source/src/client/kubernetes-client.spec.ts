import { FakeClock } from '@app/testing';
import { expect, it } from 'vitest';
import { KINDS } from '../model/kinds.js';
import type { ClusterAccess } from './cluster-access.js';
import { connectCluster, KubernetesClient } from './kubernetes-client.js';

it('waits for its credentials no longer than somebody waits for it', async () => {
  const never = () => new Promise<ClusterAccess>(() => undefined);
  const access = { close: async () => undefined, current: never, renewed: never };
  const limits = { maxPageBytes: 1_000, maxLineBytes: 1_000 };
  const client = new KubernetesClient(access, 'https://k8s.test/ public', new FakeClock(), limits);
  const stop = new AbortController();
  const reason = new Error('it is over');
  const calls = [
    client.list(KINDS.Pod, { kind: 'cluster' }, { limit: 10, continueToken: null }, stop.signal),
    client.watch(KINDS.Pod, { kind: 'cluster' }, { version: '7', timeoutSeconds: 300 }, stop.signal),
  ].map((call) => expect(call).rejects.toBe(reason));
  stop.abort(reason);
  await Promise.all(calls);
  await client.close();
});

it('reads nothing, and starts no program, for somebody who has gone', async () => {
  const reason = new Error('it is over');
  const settings = {
    kubeconfig: '/nowhere/kubeconfig',
    context: null,
    serviceHost: null,
    servicePort: null,
    serviceAccountFolder: '/nowhere',
    allowsInsecureTls: false,
  };
  await expect(connectCluster(settings, new FakeClock(), AbortSignal.abort(reason))).rejects.toBe(reason);
});
