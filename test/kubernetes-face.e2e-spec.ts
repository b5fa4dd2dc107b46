import { pathToFileURL } from 'node:url';
import { type KubernetesFace, type KubernetesFaceOptions, startKubernetesFace } from '@app/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { KUBECTL_BIN, Kubectl } from './support/kubectl.js';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from './support/loopback-certificate.js';
import { until } from './support/until.js';

/** The stand-in for a cluster is true enough when those clients cannot tell it from one that everybody uses. */
let face: KubernetesFace;
afterEach(() => face.close());

describe.skipIf(KUBECTL_BIN === '')("kubectl and the sandbox's cluster", () => {
  let kubectl: Kubectl;
  afterEach(() => kubectl.close());

  async function start(options: KubernetesFaceOptions = {}): Promise<void> {
    face = await startKubernetesFace(options);
    kubectl = await Kubectl.for(face);
  }

  const deployment = (replicas: number, ...containers: readonly string[]): unknown => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: containers.map((name) => ({ name, image: `registry.invalid/${name}` })) },
      },
    },
  });
  const containers = (): unknown => face.object('Deployment', 'default', 'web')?.['spec'];

  it('get shows tables, in pages and by selectors', async () => {
    await start();
    face.seedCluster(45);
    const pods = await kubectl.run('get', 'pods', '-A', '--chunk-size=20', '--no-headers');
    expect(pods.split('\n')).toHaveLength(45);
    expect(pods).toMatch(/^team-00 +app-0-\S+ +1\/1 +Running +\d+ +\d+s/);
    const pages = face.calls.filter(({ verb, kind }) => verb === 'list' && kind === 'Pod');
    expect(pages.map(({ query }) => query['continue'] !== undefined)).toEqual([false, true, true]);
    const gpus = await kubectl.run('get', 'pods', '-A', '-l', 'tier in (gpu),app!=app-0', '-o', 'name');
    expect(gpus.split('\n')).toHaveLength(5);
    const [node] = face.all('Node');
    expect(await kubectl.run('get', 'node', 'node-000', '-o', 'jsonpath={.metadata.uid}')).toBe(node?.metadata['uid']);
    await expect(kubectl.run('get', 'pod', 'none')).rejects.toThrow('pods "none" not found');
  });

  it('apply creates, changes, leaves alone and takes away; delete deletes, and waits for it', async () => {
    await start();
    expect(await kubectl.apply(deployment(2, 'main', 'helper'))).toBe('deployment.apps/web created');
    expect(await kubectl.apply(deployment(2, 'main', 'helper'))).toBe('deployment.apps/web unchanged');
    expect(await kubectl.apply(deployment(3, 'main'))).toBe('deployment.apps/web configured');
    expect(containers()).toMatchObject({ replicas: 3, template: { spec: { containers: [{ name: 'main' }] } } });
    expect(await kubectl.apply(deployment(4, 'main'), '--server-side', '--force-conflicts')).toContain('applied');
    expect(containers()).toMatchObject({ replicas: 4 });
    expect(await kubectl.run('delete', 'deployment', 'web')).toContain('deleted');
    expect(face.object('Deployment', 'default', 'web')).toBeNull();
  });

  it('create sends protobuf for some kinds, which it is told is not read; the same as JSON is', async () => {
    await start();
    await expect(kubectl.run('create', 'namespace', 'team')).rejects.toThrow(
      'accepted media types include: application/json',
    );
    const namespace: unknown = JSON.parse(
      await kubectl.run('create', 'namespace', 'team', '--dry-run=client', '-o', 'json'),
    );
    expect(await kubectl.create(namespace)).toBe('namespace/team created');
    expect(face.object('Namespace', null, 'team')).not.toBeNull();
  });

  it('get -w shows each change as it comes', async () => {
    await start();
    const watch = kubectl.start('get', 'configmaps', '-w', '--output-watch-events', '--no-headers');
    face.apply('ConfigMap', { metadata: { name: 'first', namespace: 'default' } });
    await until('the first one is shown', async () => watch.stdout.includes('first'));
    face.apply('ConfigMap', { metadata: { name: 'second', namespace: 'default' }, data: { a: '1' } });
    face.apply('ConfigMap', { metadata: { name: 'first', namespace: 'default' }, data: { a: '1' } });
    face.remove('ConfigMap', 'default', 'second');
    const shown = await until('the last change is shown', async () =>
      watch.stdout.includes('DELETED') ? watch.stdout.trim().split('\n') : null,
    );
    expect(shown.map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'ADDED first 0',
      'ADDED second 1',
      'MODIFIED first 1',
      'DELETED second 1',
    ]);
  });

  it('shows a token over TLS, and is turned away with another one', async () => {
    const tls = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY, clientCa: LOOPBACK_CERTIFICATE };
    await start({ tls, token: 'right' });
    expect(await kubectl.run('get', 'namespaces', '-o', 'name')).toContain('namespace/kube-system');
    await expect(kubectl.run('get', 'namespaces', '--token=wrong')).rejects.toThrow('You must be logged in');
    const certificate = { clientCertificate: LOOPBACK_CERTIFICATE, clientKey: LOOPBACK_KEY };
    expect(await kubectl.getWithCertificate('namespaces', certificate)).toContain('namespace/kube-system');
  });

  it.each([
    ['one that streams its lists', true],
    ['an older one', false],
  ])('wait waits for a condition and for an end, on %s', async (_name, watchList) => {
    await start({ watchList });
    face.apply('Deployment', { metadata: { name: 'web', namespace: 'default' } });
    const available = kubectl.run('wait', '--for=condition=Available', 'deployment/web', '--timeout=170s');
    await until('it watches', async () => face.openWatches('Deployment') > 0);
    face.apply('Deployment', {
      metadata: { name: 'web', namespace: 'default' },
      status: { conditions: [{ type: 'Available', status: 'True' }] },
    });
    expect(await available).toBe('deployment.apps/web condition met');
    const gone = kubectl.run('wait', '--for=delete', 'deployment/web', '--timeout=170s');
    await until('it watches', async () => face.openWatches('Deployment') > 0);
    face.remove('Deployment', 'default', 'web');
    expect(await gone).toBe('deployment.apps/web condition met');
    const lists = face.calls.filter(({ verb, kind }) => verb === 'list' && kind === 'Deployment');
    expect(lists.length > 0).toBe(!watchList);
  });
});

interface Informed {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}
interface Informer {
  on(event: 'add' | 'update' | 'delete', listener: (object: Informed) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  list(): readonly Informed[];
}
/** What is used here of the official client. */
interface ClientNode {
  readonly KubeConfig: new () => {
    loadFromString(text: string): void;
    makeApiClient(api: unknown): { listNamespacedConfigMap(request: { namespace: string }): Promise<unknown> };
  };
  readonly CoreV1Api: unknown;
  makeInformer(config: unknown, path: string, list: () => Promise<unknown>): Informer;
}

const CLIENT_NODE_MODULE = process.env['CLIENT_NODE_MODULE'] ?? '';

describe.skipIf(CLIENT_NODE_MODULE === '')("the informer of the official client and the sandbox's cluster", () => {
  it('lists, follows, and lists again when its version is forgotten', async () => {
    face = await startKubernetesFace();
    const client = (await import(pathToFileURL(CLIENT_NODE_MODULE).href)) as ClientNode;
    const config = new client.KubeConfig();
    config.loadFromString(face.kubeconfig());
    const api = config.makeApiClient(client.CoreV1Api);
    const list = async (): Promise<unknown> => api.listNamespacedConfigMap({ namespace: 'default' });
    const informer = client.makeInformer(config, '/api/v1/namespaces/default/configmaps', list);
    const events: string[] = [];
    const errors: unknown[] = [];
    for (const event of ['add', 'update', 'delete'] as const) {
      informer.on(event, ({ metadata }) => events.push(`${event} ${metadata.name}`));
    }
    informer.on('error', (error) => errors.push(error));
    const put = (name: string, data = {}): unknown =>
      face.apply('ConfigMap', { metadata: { name, namespace: 'default' }, data });

    put('a');
    await informer.start();
    await until('it watches', async () => face.openWatches('ConfigMap') === 1);
    put('b');
    put('a', { changed: 'yes' });
    face.remove('ConfigMap', 'default', 'b');
    await until('it has seen the end of b', async () => events.includes('delete b'));
    expect(events).toEqual(['add a', 'add b', 'update a', 'delete b']);

    // The watch ends; meanwhile something changes, and the version from which the next one would go on is forgotten.
    face.fault({ effect: 'expired-watch-event', verb: 'watch', times: 1 });
    const lists = (): number => face.calls.filter(({ verb, kind }) => verb === 'list' && kind === 'ConfigMap').length;
    const before = lists();
    face.endWatches('ConfigMap');
    await until('it has listed again', async () => lists() > before);
    put('c');
    await until('it has seen c', async () => events.includes('add c'));
    const known = informer.list().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
    expect(known.toSorted()).toEqual(
      face.all('ConfigMap').map(({ metadata }) => `${metadata.name}@${String(metadata['resourceVersion'])}`),
    );
    expect(errors).toEqual([]);
    await informer.stop();
  });
});
