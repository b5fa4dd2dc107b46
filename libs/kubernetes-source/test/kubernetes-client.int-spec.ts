import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ApiserverError } from '../src/client/apiserver-error.js';
import type { ClusterSettings } from '../src/client/cluster-access.js';
import { connectCluster, type KubernetesClient } from '../src/client/kubernetes-client.js';
import { KINDS } from '../src/model/kinds.js';
import { CLIENT_CERTIFICATE, CLIENT_KEY, SERVER_CERTIFICATE, SERVER_KEY } from './support/certificates.js';
import { type Answer, aList, FakeApiserver, json } from './support/fake-apiserver.js';
import { VirtualTime } from './support/virtual-time.js';

const CLUSTER = { kind: 'cluster' } as const;
const FIRST_PAGE = { limit: 500, continueToken: null };
const LATEST = { version: '7', timeoutSeconds: 300 };
const LIMITS = { maxPageBytes: 4_000, maxLineBytes: 1_000 };
const TLS = { cert: SERVER_CERTIFICATE, key: SERVER_KEY };

let folder: string;
let time: VirtualTime;
let server: FakeApiserver;
const clients: KubernetesClient[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-kubernetes-'));
  time = new VirtualTime();
  server = await FakeApiserver.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.close();
  await rm(folder, { recursive: true });
});

describe('KubernetesClient', () => {
  it('reads lists page by page', async () => {
    server.answer(json(aList(['a', 'b'], { continue: 'next', remainingItemCount: 1 })), json(aList(['c'])));
    const client = await connected({ token: 'secret' });
    const first = await list(client);
    expect([first.objects.length, first.version, first.continueToken, first.remaining]).toEqual([2, '7', 'next', 1]);
    const { continueToken } = first;
    const scope = { kind: 'namespace', namespace: 'team-a' } as const;
    const last = await client.list(KINDS.Deployment, scope, { limit: 2, continueToken }, never());
    expect([last.objects[0]?.metadata.name, last.continueToken, last.remaining]).toEqual(['c', null, null]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/api/v1/pods?limit=500',
      '/apis/apps/v1/namespaces/team-a/deployments?limit=2&continue=next',
    ]);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
  });

  it('hands out the lines of a watch as they become whole, and ends with it', async () => {
    server.answer((response) => {
      response.write('{"a":1}\n{"b":"\u{1f600}"}\n{"c":');
      setImmediate(() => response.end('3}\n'));
    });
    const batches = await collect(await watch(await connected({})));
    expect(batches.flat()).toEqual(['{"a":1}', '{"b":"\u{1f600}"}', '{"c":3}']);
    expect(server.requests[0]?.url).toBe(
      '/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=7',
    );
  });

  it('says that a watch is open before anything is in it, and ends it when asked to', async () => {
    server.answer((response) => response.writeHead(200).flushHeaders());
    const end = new AbortController();
    const lines = collect(await watch(await connected({}), end.signal));
    end.abort(new Error('enough'));
    await expect(lines).rejects.toThrow('enough');
    await expect(list(await connected({}), end.signal)).rejects.toThrow('enough');
  });

  it.each<[string, string, Answer]>([
    ['ends within a line', 'unreachable', (response) => response.end('{"a":1}\n{"b":')],
    ['is cut', 'unreachable', (response) => void response.write('{"a":1}\n', () => response.destroy())],
    ['has a line that is too long', 'malformed', (response) => response.end(`{"a":1}\n"${'x'.repeat(2_000)}"\n`)],
  ])('a watch that %s is an error after the lines before it', async (_what, kind, answer) => {
    server.answer(answer);
    const lines: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const batch of await watch(await connected({}))) lines.push(...batch);
    };
    await expect(reading()).rejects.toMatchObject({ name: 'ApiserverError', kind });
    if (kind === 'unreachable') expect(lines).toEqual(['{"a":1}']);
  });

  it.each<[Partial<ApiserverError>, Answer]>([
    [{ kind: 'gone' }, json({ kind: 'Status', code: 410, reason: 'Expired' }, 410)],
    [{ kind: 'forbidden', message: '403 pods is forbidden' }, json({ message: 'pods is forbidden' }, 403)],
    [{ kind: 'throttled', retryAfterMs: 7_000 }, json({}, 429, { 'retry-after': '7' })],
    [{ kind: 'server', retryAfterMs: null }, (response) => response.writeHead(500).end('<html>')],
    [{ kind: 'server' }, (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    [{ kind: 'malformed' }, (response) => response.end('{"items":[')],
    [{ kind: 'malformed' }, json({ metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'a' } }] })],
    [{ kind: 'malformed' }, json({ metadata: {}, items: [] })],
    [{ kind: 'too-large-answer' }, json(aList(Array.from({ length: 100 }, (_, index) => `pod-${index}`)))],
    [{ kind: 'unreachable' }, (response) => response.destroy()],
  ])('a list fails as %o', async (expected, answer) => {
    server.answer(answer);
    await expect(list(await connected({}))).rejects.toMatchObject({ name: 'ApiserverError', ...expected });
  });

  it('says which host does not answer, and asks nobody after its end', async () => {
    const client = await connected({});
    const { port } = server;
    await server.close();
    await expect(list(client)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(`${port}`),
    });
    server = await FakeApiserver.start();
    await client.close();
    await expect(list(client)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('connectCluster', () => {
  it('reads a token anew once it is refused, and only then tries again', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    server.answer((response, request) => {
      if (request.headers.authorization === 'Bearer new') json(aList(['a']))(response, request);
      else json({ code: 401, message: 'Unauthorized' }, 401)(response, request);
    });
    const client = await connected({ tokenFile: 'token' });
    await expect(list(client)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(server.requests).toHaveLength(1);
    await writeFile(tokenFile, 'new\n');
    expect((await list(client)).objects).toHaveLength(1);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('reads files anew once a minute, and keeps what it read when they are away', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first');
    server.answer(json(aList([])));
    const client = await connected({ tokenFile });
    await writeFile(tokenFile, 'second');
    await list(client);
    await time.advance(61_000);
    await list(client);
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await rm(tokenFile);
    for (const ms of [61_000, 61_000]) {
      await time.advance(ms);
      await list(client);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('second');
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
      'Bearer second',
      'Bearer second',
    ]);
  });

  it('reads nothing of another address, to which the kubeconfig leads of a sudden', async () => {
    server.answer(json(aList(['a'])));
    const client = await connected({ token: 'secret' });
    const other = await FakeApiserver.start();
    onTestFinished(() => other.close());
    await writeKubeconfig({ token: 'secret' }, { server: other.url });
    await list(client);
    await time.advance(61_000);
    await expect(list(client)).rejects.toMatchObject({ name: 'ClusterMovedError' });
    expect(other.requests).toEqual([]);
  });

  it('nor when it reads the kubeconfig anew because its token was refused', async () => {
    server.answer(json({ code: 401, message: 'Unauthorized' }, 401));
    const client = await connected({ token: 'old' });
    const other = await FakeApiserver.start();
    onTestFinished(() => other.close());
    other.answer(json(aList(['a'])));
    await writeKubeconfig({ token: 'new' }, { server: other.url });
    await expect(list(client)).rejects.toMatchObject({ name: 'ClusterMovedError' });
    expect([server.requests.length, other.requests]).toEqual([1, []]);
  });

  it('uses the service account of its pod where there is no kubeconfig', async () => {
    await withTls({}, async (secured) => {
      await writeFile(join(folder, 'ca.crt'), SERVER_CERTIFICATE);
      await writeFile(join(folder, 'token'), 'of-the-pod');
      secured.answer(json(aList(['a'])));
      const client = await connect({
        serviceHost: '127.0.0.1',
        servicePort: String(secured.port),
        serviceAccountFolder: folder,
      });
      expect((await list(client)).objects).toHaveLength(1);
      expect(secured.requests[0]?.headers.authorization).toBe('Bearer of-the-pod');
    });
    await expect(connect({})).rejects.toMatchObject({ name: 'ClusterAccessError', problem: 'no-cluster' });
  });

  it('shows a client certificate, and takes a new one without a new start', async () => {
    const seen: (string | undefined)[] = [];
    await withTls({ requestCert: true, rejectUnauthorized: false }, async (secured) => {
      secured.answer((response, request) => {
        const { subject } = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
        seen.push(subject?.CN === undefined ? undefined : String(subject.CN));
        json(aList([]))(response, request);
      });
      const cert = join(folder, 'cert');
      const key = join(folder, 'key');
      await Promise.all([writeFile(cert, CLIENT_CERTIFICATE), writeFile(key, CLIENT_KEY)]);
      const user = { 'client-certificate': 'cert', 'client-key': 'key' };
      const client = await connected(user, secure(secured));
      await list(client);
      await Promise.all([writeFile(cert, SERVER_CERTIFICATE), writeFile(key, SERVER_KEY)]);
      await time.advance(61_000);
      await list(client);
    });
    expect(seen).toEqual(['fleet', 'localhost']);
  });

  it('believes no server whose certificate it does not know, unless that is allowed', async () => {
    await withTls({}, async (secured) => {
      secured.answer(json(aList([])));
      const server = `https://localhost:${secured.port}`;
      await expect(list(await connected({}, { server }))).rejects.toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('SELF_SIGNED'),
      });
      const skipping = { server, 'insecure-skip-tls-verify': true };
      await expect(connected({}, skipping)).rejects.toMatchObject({ problem: 'insecure' });
      expect((await list(await connected({}, skipping, { allowsInsecureTls: true }))).objects).toEqual([]);
    });
    await expect(connected({}, { server: 'http://cluster.test' })).rejects.toMatchObject({ problem: 'insecure' });
    // On this machine there is no TLS of which anything could be skipped.
    await connected({}, { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true });
  });

  it('reads YAML, and quotes nothing of a file that is none', async () => {
    const path = join(folder, 'config');
    server.answer(json(aList([])));
    await writeFile(
      path,
      `current-context: b
contexts: [{name: b, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "${server.url}/k8s/clusters/c-1/"}}]
users:
- name: u
  user: {token: secret}
`,
    );
    await list(await connect({ kubeconfig: path }));
    expect(server.requests[0]?.url).toBe('/k8s/clusters/c-1/api/v1/pods?limit=500');
    await writeFile(path, 'token: "secret\n  - {');
    const failure = await connect({ kubeconfig: path }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ problem: 'invalid' });
    expect(String(failure)).not.toContain('secret');
    await expect(connect({ kubeconfig: join(folder, 'none') })).rejects.toMatchObject({ problem: 'unreadable' });
  });

  it('says that one path is wanted when it is given several', async () => {
    const kubeconfig = [join(folder, 'one'), join(folder, 'two')].join(delimiter);
    await expect(connect({ kubeconfig })).rejects.toMatchObject({
      problem: 'unreadable',
      message: expect.stringContaining('one path is wanted') as string,
    });
  });

  it('takes 404 for a kind that is not there only where a cluster may lack it', async () => {
    server.answer(json({}, 404), json({}, 404), json({}, 404));
    const client = await connected({});
    await expect(client.list(KINDS.CronJob, CLUSTER, FIRST_PAGE, never())).rejects.toMatchObject({ kind: 'absent' });
    await expect(list(client)).rejects.toMatchObject({
      kind: 'server',
      message: expect.stringContaining('no apiserver answers at this address') as string,
    });
    await expect(watch(client)).rejects.toMatchObject({ kind: 'server' });
  });

  it('says which package a credential plugin needs', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'true' };
    await expect(connected({ exec })).rejects.toMatchObject({
      problem: 'plugin-missing',
      message: expect.stringContaining('npm install @kubernetes/client-node'),
    });
  });
});

async function connected(
  user: Readonly<Record<string, unknown>>,
  cluster: Readonly<Record<string, unknown>> = { server: server.url },
  settings: Partial<ClusterSettings> = {},
): Promise<KubernetesClient> {
  return connect({ kubeconfig: await writeKubeconfig(user, cluster), ...settings });
}

/** @returns its path, which is always the same */
async function writeKubeconfig(
  user: Readonly<Record<string, unknown>>,
  cluster: Readonly<Record<string, unknown>>,
): Promise<string> {
  const kubeconfig = join(folder, 'kubeconfig');
  const document = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
  };
  await writeFile(kubeconfig, JSON.stringify(document));
  return kubeconfig;
}

async function connect(settings: Partial<ClusterSettings>): Promise<KubernetesClient> {
  const defaults: ClusterSettings = {
    kubeconfig: null,
    context: null,
    serviceHost: null,
    servicePort: null,
    serviceAccountFolder: folder,
    allowsInsecureTls: false,
  };
  const client = await connectCluster({ ...defaults, ...settings }, time, never(), LIMITS);
  clients.push(client);
  return client;
}

function secure({ port }: FakeApiserver): Readonly<Record<string, unknown>> {
  const ca = Buffer.from(SERVER_CERTIFICATE).toString('base64');
  return { server: `https://127.0.0.1:${port}`, 'tls-server-name': 'localhost', 'certificate-authority-data': ca };
}

async function withTls(options: object, use: (secured: FakeApiserver) => Promise<void>): Promise<void> {
  const secured = await FakeApiserver.start({ ...TLS, ...options });
  try {
    await use(secured);
  } finally {
    await secured.close();
  }
}

function list(client: KubernetesClient, signal = never()) {
  return client.list(KINDS.Pod, CLUSTER, FIRST_PAGE, signal);
}

function watch(client: KubernetesClient, signal = never()) {
  return client.watch(KINDS.Pod, CLUSTER, LATEST, signal);
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function collect(lines: AsyncIterable<readonly string[]>): Promise<(readonly string[])[]> {
  const batches: (readonly string[])[] = [];
  for await (const batch of lines) batches.push(batch);
  return batches;
}
