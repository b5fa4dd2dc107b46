import { answerShape, eventShape } from './answer-shape.js';
import type { ApiserverCall, ApiserverCaller } from './apiserver-caller.js';

/** An apiserver that is questioned. */
export interface QuestionedServer {
  readonly caller: ApiserverCaller;
  /** Has it forget its past. */
  compact(): Promise<void>;
  /** Calls as somebody without any right. */
  asNobody(call: ApiserverCall): ReturnType<ApiserverCaller['call']>;
}

/** What earlier answers said, by a name: tokens of next pages, versions. */
type Memory = Map<string, string>;
type Asked = ApiserverCall | ((seen: (name: string) => string) => ApiserverCall);

export interface Question {
  readonly title: string;
  /** @returns the shape of the answer */
  ask(server: QuestionedServer, memory: Memory): Promise<unknown>;
}

const NS = '/api/v1/namespaces/answers';
const MAPS = `${NS}/configmaps`;
const PODS = `${NS}/pods`;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/answers/deployments';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json';

const resolved = (asked: Asked, memory: Memory): ApiserverCall =>
  typeof asked === 'function' ? asked((name) => memory.get(name) ?? '') : asked;

/** @param keeps names under which the `metadata` of the answer is kept */
function ask(title: string, asked: Asked, keeps: Readonly<Record<string, string>> = {}): Question {
  return {
    title,
    ask: async ({ caller }, memory) => {
      const answer = await caller.call(resolved(asked, memory));
      const { metadata = {} } = answer.body as { readonly metadata?: Readonly<Record<string, unknown>> };
      for (const [name, member] of Object.entries(keeps)) memory.set(name, String(metadata[member]));
      return answerShape(answer);
    },
  };
}

function watch(title: string, asked: Asked, events: number): Question {
  return {
    title,
    ask: async ({ caller }, memory) => (await caller.firstEvents(resolved(asked, memory), events)).map(eventShape),
  };
}

/** What an older one has in its memory it shows in any order. */
const inAnyOrder = ({ title, ask: inOrder }: Question): Question => ({
  title,
  ask: async (server, memory) => sorted(await inOrder(server, memory)),
});

function sorted(shape: unknown): unknown {
  if (Array.isArray(shape))
    return shape.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const { items, ...rest } = shape as { readonly items?: unknown };
  return Array.isArray(items) ? { ...rest, items: sorted(items) } : shape;
}

const compact: Question = { title: 'compaction', ask: async (server) => server.compact() };

const get = (title: string, path: string, more: Partial<ApiserverCall> = {}): Question => ask(title, { path, ...more });
const query = (path: string, parameters: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(parameters).toString()}`;
const MOST_TRIES = 20;
/** A watch that ends by itself when what it is to see does not come. */
const watched = (parameters: Readonly<Record<string, string>>, path = MAPS): string =>
  query(path, { watch: '1', timeoutSeconds: '20', ...parameters });
const select = (kind: 'labelSelector' | 'fieldSelector', text: string): Question =>
  get(`list by ${kind} ${text}`, query(MAPS, { [kind]: text }));
const map = (name: string, labels: Readonly<Record<string, string>> = {}, more: object = {}): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { of: name },
  ...more,
});
const container = { name: 'main', image: 'registry.invalid/main' };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
};

const CREATES: readonly Question[] = [
  ask('create a namespace', { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'answers' } } }),
  ask('create the namespace again', {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { metadata: { name: 'answers' } },
  }),
  ...['a', 'b', 'c', 'd', 'e'].map((name, n) =>
    ask(`create config map ${name}`, { method: 'POST', path: MAPS, body: map(name, { odd: String(n % 2 === 0) }) }),
  ),
  ask('create what is there', { method: 'POST', path: MAPS, body: map('a') }),
  ask('create a pod', {
    method: 'POST',
    path: PODS,
    body: { metadata: { name: 'p', labels: { app: 'web' } }, spec: { containers: [container] } },
  }),
  ask('create a deployment', { method: 'POST', path: DEPLOYMENTS, body: deployment }),
  ask('create a service', {
    method: 'POST',
    path: `${NS}/services`,
    body: { metadata: { name: 'web' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
  }),
  ask('create a secret', {
    method: 'POST',
    path: `${NS}/secrets`,
    body: { metadata: { name: 'hidden' }, data: { key: 'dmFsdWU=' } },
  }),
  ask('create a job', {
    method: 'POST',
    path: '/apis/batch/v1/namespaces/answers/jobs',
    body: {
      metadata: { name: 'once', labels: { app: 'once' } },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    },
  }),
  ask('create a node', { method: 'POST', path: '/api/v1/nodes', body: { metadata: { name: 'node-of-answers' } } }),
  ask('create with generateName', {
    method: 'POST',
    path: MAPS,
    body: { metadata: { generateName: 'made-', labels: { made: 'yes' } } },
  }),
  ask('create without a name', { method: 'POST', path: MAPS, body: { data: {} } }),
  ask('create with a bad name', { method: 'POST', path: MAPS, body: map('A_b') }),
  ask('create with a bad label', { method: 'POST', path: MAPS, body: map('bad', { 'a b': 'c' }) }),
  ask('create another kind', { method: 'POST', path: MAPS, body: { ...deployment, metadata: { name: 'x' } } }),
  ask('create in another namespace than the path says', {
    method: 'POST',
    path: MAPS,
    body: { metadata: { name: 'x', namespace: 'default' } },
  }),
  ask('create in a namespace that is not there', {
    method: 'POST',
    path: '/api/v1/namespaces/nowhere/configmaps',
    body: map('x'),
  }),
  ask('create with a version', {
    method: 'POST',
    path: MAPS,
    body: { metadata: { name: 'x', resourceVersion: '1' } },
  }),
  ask('create what is no JSON', { method: 'POST', path: MAPS, body: '{"metadata":' }),
  ask('create nothing', { method: 'POST', path: MAPS, body: '', type: 'application/json' }),
  ask('create a list', { method: 'POST', path: MAPS, body: [] }),
  ask('create with metadata that is no object', { method: 'POST', path: MAPS, body: { metadata: 'none' } }),
  ask('create as plain text', { method: 'POST', path: MAPS, body: 'a text', type: 'text/plain' }),
  ask('create as YAML', {
    method: 'POST',
    path: MAPS,
    body: 'metadata:\n  name: of-yaml\n',
    type: 'application/yaml',
  }),
  ask('create as a trial', { method: 'POST', path: query(MAPS, { dryRun: 'All' }), body: map('trial') }),
  get('what was created as a trial', `${MAPS}/trial`),
  ask('create as another trial', { method: 'POST', path: query(MAPS, { dryRun: 'Some' }), body: map('trial') }),
];

const READS: readonly Question[] = [
  get('get a config map', `${MAPS}/a`),
  get('get one that is not there', `${MAPS}/none`),
  get('get a deployment that is not there', `${DEPLOYMENTS}/none`),
  get('get a pod', `${PODS}/p`),
  get('get its metadata', `${PODS}/p`, { accept: PARTIAL }),
  get('get the status of a deployment', `${DEPLOYMENTS}/web/status`),
  get('get the status of a config map', `${MAPS}/a/status`),
  get('get a config map without its namespace', '/api/v1/configmaps/a'),
  get('get the namespace', NS),
  get('get at a version that is still to come', query(`${MAPS}/a`, { resourceVersion: '999999999' })),
  get('list', MAPS),
  get('list in a namespace that is not there', '/api/v1/namespaces/nowhere/configmaps'),
  get('list in all namespaces', query('/api/v1/configmaps', { labelSelector: 'odd' })),
  get('list a kind that is not there', `${NS}/nothings`),
  get('list of a group that is not there', '/apis/nothing.example.com/v1/things'),
  get('list of a version that is not there', '/api/v2/pods'),
  get('a path that is not there', '/nothing'),
  get('list as a table', MAPS, { accept: TABLE }),
  get('list as a table without objects', query(MAPS, { includeObject: 'None' }), { accept: TABLE }),
  get('list pods as a table', PODS, { accept: TABLE }),
  get('list deployments as a table', DEPLOYMENTS, { accept: TABLE }),
  get('list services as a table', query(`${NS}/services`, { includeObject: 'None' }), { accept: TABLE }),
  get('list namespaces as a table', query('/api/v1/namespaces', { fieldSelector: 'metadata.name=answers' }), {
    accept: TABLE,
  }),
  get('list jobs as a table', '/apis/batch/v1/namespaces/answers/jobs', { accept: TABLE }),
  get('list secrets as a table', `${NS}/secrets`, { accept: TABLE }),
  get('list as metadata', MAPS, { accept: PARTIAL_LIST }),
  get('list as HTML', MAPS, { accept: 'text/html' }),
  get('list as anything', MAPS, { accept: '*/*' }),
  get('list with JSON second', MAPS, { accept: 'text/html, application/json' }),
  get('list all in one page', query(MAPS, { limit: '500' })),
  ask('list the first page', { path: query(MAPS, { limit: '2' }) }, { second: 'continue', version: 'resourceVersion' }),
  ask('list the second page', (seen) => ({ path: query(MAPS, { limit: '2', continue: seen('second') }) }), {
    third: 'continue',
  }),
  ask('list the last page', (seen) => ({ path: query(MAPS, { limit: '2', continue: seen('third') }) })),
  ask('list the rest at once', (seen) => ({ path: query(MAPS, { continue: seen('second') }) })),
  ask('list the second page at a version', (seen) => ({
    path: query(MAPS, { limit: '2', continue: seen('second'), resourceVersion: seen('version') }),
  })),
  ask('list the second page at version 0', (seen) => ({
    path: query(MAPS, { limit: '2', continue: seen('second'), resourceVersion: '0' }),
  })),
  ask('list the second page with a match of versions', (seen) => ({
    path: query(MAPS, { limit: '2', continue: seen('second'), resourceVersionMatch: 'Exact' }),
  })),
  inAnyOrder(get('list a page of what is in memory', query(MAPS, { limit: '2', resourceVersion: '0' }))),
  get('list a page by labels', query(MAPS, { limit: '1', labelSelector: 'odd=true' })),
  get('list a page by fields', query(MAPS, { limit: '1', fieldSelector: 'metadata.name!=a' })),
  get('list with a limit of 0', query(MAPS, { limit: '0' })),
  get('list with a limit below 0', query(MAPS, { limit: '-1' })),
  get('list with a limit that is no number', query(MAPS, { limit: 'many' })),
  get('list with a token that is none', query(MAPS, { continue: 'abc' })),
  get('list with a token of another form', query(MAPS, { continue: 'eyJ2IjoidjEifQ' })),
  get('list at a version that is no number', query(MAPS, { resourceVersion: 'abc' })),
  get('list at a version that is still to come', query(MAPS, { resourceVersion: '999999999' })),
  get(
    'list exactly a version that is still to come',
    query(MAPS, {
      resourceVersion: '999999999',
      resourceVersionMatch: 'Exact',
    }),
  ),
  ask('list exactly a version', (seen) => ({
    path: query(MAPS, { resourceVersion: seen('version'), resourceVersionMatch: 'Exact' }),
  })),
  ask('list no older than a version', (seen) => ({
    path: query(MAPS, { resourceVersion: seen('version'), resourceVersionMatch: 'NotOlderThan', limit: '2' }),
  })),
  ask('list a page at a version', (seen) => ({ path: query(MAPS, { resourceVersion: seen('version'), limit: '2' }) })),
  get('list exactly version 0', query(MAPS, { resourceVersion: '0', resourceVersionMatch: 'Exact' })),
  get('list with a match of no version', query(MAPS, { resourceVersionMatch: 'Exact' })),
  get('list with another match', query(MAPS, { resourceVersion: '1', resourceVersionMatch: 'Other' })),
  get('list with sendInitialEvents', query(MAPS, { sendInitialEvents: 'true' })),
  get('list with a time-out that is no number', query(MAPS, { timeoutSeconds: 'abc' })),
  get('list with a parameter that nobody knows', query(MAPS, { nothing: 'abc' })),
];

const SELECTS: readonly Question[] = [
  ...['odd', '!odd', 'odd=true', 'odd==true', 'odd!=true', 'odd in (true,false)', 'odd notin (true)'].map((text) =>
    select('labelSelector', text),
  ),
  ...['odd=true,!made', 'odd=', 'odd in ()', 'odd in (,true)', ' odd = true ', 'odd>1', 'odd<x', 'odd=true,'].map(
    (text) => select('labelSelector', text),
  ),
  ...[
    'a b',
    'odd in',
    'in (x)',
    '=x',
    'a=b=c',
    'odd in true',
    '!odd=true',
    'a/b/c=d',
    '-a',
    'a=-b',
    ',odd',
    '(',
    `${'x'.repeat(64)}=1`,
  ].map((text) => select('labelSelector', text)),
  ...['metadata.name=b', 'metadata.name==b', 'metadata.name!=b', 'metadata.namespace=answers,metadata.name!=a'].map(
    (text) => select('fieldSelector', text),
  ),
  ...[
    'metadata.namespace=other',
    'metadata.name=',
    'spec.x=1',
    'data.of=a',
    'metadata.name',
    '=',
    'metadata.name=a,',
  ].map((text) => select('fieldSelector', text)),
  get('list pods by phase', query(PODS, { fieldSelector: 'status.phase=Pending,spec.nodeName=' })),
  get('list pods by restart policy', query(PODS, { fieldSelector: 'spec.restartPolicy=Always' })),
  get(
    'list jobs by success',
    query('/apis/batch/v1/namespaces/answers/jobs', { fieldSelector: 'status.successful=0' }),
  ),
  get('list secrets by type', query(`${NS}/secrets`, { fieldSelector: 'type=Opaque' })),
  get(
    'list namespaces by phase',
    query('/api/v1/namespaces', {
      fieldSelector: 'status.phase=Active,metadata.name=answers',
    }),
  ),
  get('list nodes that take pods', query('/api/v1/nodes', { fieldSelector: 'spec.unschedulable=false' })),
];

const METHODS: readonly Question[] = [
  ask('POST to an object', { method: 'POST', path: `${MAPS}/a`, body: map('a') }),
  ask('PUT to a collection', { method: 'PUT', path: MAPS, body: map('a') }),
  ask('PATCH of a collection', { method: 'PATCH', path: MAPS, body: {}, type: MERGE }),
  ask('POST to a kind in all namespaces', { method: 'POST', path: '/api/v1/configmaps', body: map('x') }),
  ask('DELETE of a kind in all namespaces', { method: 'DELETE', path: '/api/v1/configmaps' }),
  ask('DELETE of all namespaces', { method: 'DELETE', path: '/api/v1/namespaces' }),
  ask('HEAD of a list', { method: 'HEAD', path: MAPS }),
  ask('DELETE of a status', { method: 'DELETE', path: `${DEPLOYMENTS}/web/status` }),
  ask('POST to a path that is not there', { method: 'POST', path: '/api/v1/nothings', body: {} }),
  ask('POST to the version', { method: 'POST', path: '/version', body: {} }),
];

const WRITES: readonly Question[] = [
  ask(
    'replace',
    { method: 'PUT', path: `${MAPS}/a`, body: map('a', { odd: 'true' }, { data: { of: 'b' } }) },
    {
      a: 'resourceVersion',
    },
  ),
  ask('replace a version that is no more', {
    method: 'PUT',
    path: `${MAPS}/a`,
    body: { metadata: { name: 'a', resourceVersion: '1' } },
  }),
  ask('replace an object with another uid', {
    method: 'PUT',
    path: `${MAPS}/a`,
    body: { metadata: { name: 'a', uid: 'another' } },
  }),
  ask('replace under another name', { method: 'PUT', path: `${MAPS}/a`, body: map('b') }),
  ask('replace without a name', { method: 'PUT', path: `${MAPS}/a`, body: { data: {} } }),
  ask('replace what is not there', { method: 'PUT', path: `${MAPS}/none`, body: map('none') }),
  ask('replace by another kind', {
    method: 'PUT',
    path: `${MAPS}/a`,
    body: { kind: 'Secret', metadata: { name: 'a' } },
  }),
  ask('replace the status of a deployment', {
    method: 'PUT',
    path: `${DEPLOYMENTS}/web/status`,
    body: { ...deployment, status: { replicas: 3, readyReplicas: 1 } },
  }),
  ask('merge a patch', { method: 'PATCH', path: `${MAPS}/a`, body: { data: { of: null, more: 'b' } }, type: MERGE }),
  ask('merge a patch that is no object', { method: 'PATCH', path: `${MAPS}/a`, body: [1], type: MERGE }),
  ask('merge a patch that is no JSON', { method: 'PATCH', path: `${MAPS}/a`, body: '{', type: MERGE }),
  ask('merge a patch of another name', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: { metadata: { name: 'z' } },
    type: MERGE,
  }),
  ask('merge a patch of a version that is no more', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: { metadata: { resourceVersion: '1' } },
    type: MERGE,
  }),
  ask('merge a patch into what is not there', { method: 'PATCH', path: `${MAPS}/none`, body: {}, type: MERGE }),
  ask('patch by operations', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: [{ op: 'add', path: '/data/third', value: 'c' }],
    type: JSON_PATCH,
  }),
  ask('patch by a test that fails', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: [{ op: 'test', path: '/data/third', value: 'd' }],
    type: JSON_PATCH,
  }),
  ask('patch where nothing is', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: [{ op: 'remove', path: '/data/none' }],
    type: JSON_PATCH,
  }),
  ask('patch by an operation that nobody knows', {
    method: 'PATCH',
    path: `${MAPS}/a`,
    body: [{ op: 'turn', path: '/data/third' }],
    type: JSON_PATCH,
  }),
  ask('patch by what is no list', { method: 'PATCH', path: `${MAPS}/a`, body: {}, type: JSON_PATCH }),
  ask('patch strategically', {
    method: 'PATCH',
    path: `${DEPLOYMENTS}/web`,
    body: { spec: { template: { spec: { containers: [{ name: 'helper', image: 'registry.invalid/helper' }] } } } },
    type: STRATEGIC,
  }),
  ask('patch in another way', { method: 'PATCH', path: `${MAPS}/a`, body: {}, type: 'application/json' }),
  ask('apply without saying who', { method: 'PATCH', path: `${MAPS}/a`, body: map('a'), type: APPLY }),
  ask('apply what is there', {
    method: 'PATCH',
    path: query(`${MAPS}/a`, { fieldManager: 'answers', force: 'true' }),
    body: map('a'),
    type: APPLY,
  }),
  ask('apply what is not there', {
    method: 'PATCH',
    path: query(`${MAPS}/applied`, { fieldManager: 'answers' }),
    body: map('applied'),
    type: APPLY,
  }),
];

const WATCHES: readonly Question[] = [
  inAnyOrder(watch('watch what is there', { path: watched({ labelSelector: 'odd=false' }) }, 2)),
  watch('watch what is in memory', { path: watched({ resourceVersion: '0', fieldSelector: 'metadata.name=b' }) }, 1),
  watch('watch metadata', { path: watched({ fieldSelector: 'metadata.name=b' }), accept: PARTIAL }, 1),
  ask('list before the changes', { path: query(MAPS, { limit: '1' }) }, { before: 'resourceVersion' }),
  ask('a label that leads into a selector', {
    method: 'PATCH',
    path: `${MAPS}/b`,
    body: { metadata: { labels: { odd: 'true' } } },
    type: MERGE,
  }),
  ask('a change within a selector', { method: 'PATCH', path: `${MAPS}/b`, body: { data: { x: 'y' } }, type: MERGE }),
  ask('a change that is none', { method: 'PATCH', path: `${MAPS}/b`, body: { data: { x: 'y' } }, type: MERGE }),
  ask('a label that leads out of a selector', {
    method: 'PATCH',
    path: `${MAPS}/b`,
    body: { metadata: { labels: { odd: 'false' } } },
    type: MERGE,
  }),
  ask('an end within a selector', { method: 'DELETE', path: `${MAPS}/c` }),
  watch(
    'watch changes through a selector',
    (seen) => ({ path: watched({ resourceVersion: seen('before'), labelSelector: 'odd=true' }) }),
    4,
  ),
  watch(
    'watch changes as tables',
    (seen) => ({ path: watched({ resourceVersion: seen('before') }), accept: TABLE }),
    4,
  ),
  watch('watch changes', (seen) => ({ path: watched({ resourceVersion: seen('before') }) }), 4),
  {
    title: 'watch until the first bookmark',
    ask: async ({ caller }) => {
      const nothing = { fieldSelector: 'metadata.name=none', allowWatchBookmarks: 'true' };
      for (let n = 0; n < MOST_TRIES; n++) {
        const { metadata } = (await caller.ok({ path: `${MAPS}/b` })) as { metadata: { resourceVersion: string } };
        const path = watched({ ...nothing, resourceVersion: metadata.resourceVersion, timeoutSeconds: '4' });
        const first = caller.firstEvents({ path }, 1);
        // One comes shortly before the end, when something has changed after the beginning.
        await caller.ok({ method: 'PATCH', path: `${MAPS}/b`, body: { data: { n: String(n) } }, type: MERGE });
        const [bookmark] = await first;
        if (bookmark !== undefined) return eventShape(bookmark);
      }
      return 'none came';
    },
  },
  get('watch from a version that is no number', watched({ resourceVersion: 'abc' })),
  get('watch with a bad selector', watched({ labelSelector: 'a b' })),
  get('watch by a field that is none', watched({ fieldSelector: 'spec.x=1' })),
  get('watch with a match of versions', watched({ resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' })),
  {
    title: 'watch with sendInitialEvents',
    ask: async ({ caller }) => {
      const asked = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
      const path = watched({ ...asked, labelSelector: 'odd=nothing' });
      return caller.firstEvents({ path }, 1).then(
        (events) => events.map(eventShape),
        (error: Error) => /was answered \d+/.exec(error.message)?.[0] ?? error.message,
      );
    },
  },
  get('watch a kind that is not there', watched({}, `${NS}/nothings`)),
];

const ENDS: readonly Question[] = [
  ask(
    'list a page before compaction',
    { path: query(MAPS, { limit: '1' }) },
    {
      token: 'continue',
      past: 'resourceVersion',
    },
  ),
  ask('a change before compaction', { method: 'PATCH', path: `${MAPS}/b`, body: { data: { x: 'z' } }, type: MERGE }),
  compact,
  ask(
    'list a page that was compacted away',
    (seen) => ({ path: query(MAPS, { limit: '1', continue: seen('token') }) }),
    {
      fresh: 'continue',
    },
  ),
  ask('list the rest with the fresh token', (seen) => ({ path: query(MAPS, { continue: seen('fresh') }) })),
  ask('list exactly a version that was compacted away', (seen) => ({
    path: query(MAPS, { resourceVersion: seen('past'), resourceVersionMatch: 'Exact' }),
  })),
  watch(
    'watch from a version that was compacted away, past the memory',
    { path: watched({ resourceVersion: '1' }, '/apis/batch/v1/namespaces/answers/jobs') },
    1,
  ),
  ask('delete what is not there', { method: 'DELETE', path: `${MAPS}/none` }),
  ask('delete as a trial', { method: 'DELETE', path: query(`${MAPS}/d`, { dryRun: 'All' }) }),
  ask('delete another uid', { method: 'DELETE', path: `${MAPS}/d`, body: { preconditions: { uid: 'another' } } }),
  ask('delete another version', {
    method: 'DELETE',
    path: `${MAPS}/d`,
    body: { preconditions: { resourceVersion: '1' } },
  }),
  ask('delete with options that are no JSON', { method: 'DELETE', path: `${MAPS}/d`, body: '{' }),
  ask('delete a config map', { method: 'DELETE', path: `${MAPS}/d` }),
  ask('delete it again', { method: 'DELETE', path: `${MAPS}/d` }),
  ask('delete a pod', { method: 'DELETE', path: `${PODS}/p`, body: { gracePeriodSeconds: 0 } }),
  ask('delete a deployment', {
    method: 'DELETE',
    path: `${DEPLOYMENTS}/web`,
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
  }),
  ask('delete a node', { method: 'DELETE', path: '/api/v1/nodes/node-of-answers' }),
  ask('create what waits for its finalizer', {
    method: 'POST',
    path: MAPS,
    body: { metadata: { name: 'waits', finalizers: ['example.com/finalizer'] } },
  }),
  ask('delete what waits', { method: 'DELETE', path: `${MAPS}/waits` }),
  ask('delete what waits again', { method: 'DELETE', path: `${MAPS}/waits` }),
  ask('take away its finalizer', {
    method: 'PATCH',
    path: `${MAPS}/waits`,
    body: { metadata: { finalizers: null } },
    type: MERGE,
  }),
  get('get it after that', `${MAPS}/waits`),
  ask('delete a collection by labels', { method: 'DELETE', path: query(MAPS, { labelSelector: 'odd=true' }) }),
  get('list what is left', MAPS),
  ask('delete the namespace', { method: 'DELETE', path: NS }),
];

const IDENTITIES: readonly Question[] = [
  ask('show a token that is none', { path: MAPS, token: 'wrong' }),
  ask('show no token', { path: MAPS, token: null }),
  ...[
    ['list as nobody', { path: PODS }],
    ['list in all namespaces as nobody', { path: '/apis/apps/v1/deployments' }],
    ['get as nobody', { path: `${PODS}/p` }],
    ['watch as nobody', { path: watched({}, PODS) }],
    ['create as nobody', { method: 'POST', path: MAPS, body: map('x') }],
  ].map(
    ([title, call]): Question => ({
      title: title as string,
      ask: async (server) => answerShape(await server.asNobody(call as ApiserverCall)),
    }),
  ),
];

const DISCOVERY: readonly Question[] = [
  ...['/healthz', '/livez', '/readyz', '/version', '/api'].map((path) => get(`discover ${path}`, path)),
  ...[
    ['/api/v1', ['namespaces', 'nodes', 'pods', 'services', 'configmaps', 'secrets']],
    ['/apis/apps/v1', ['deployments', 'statefulsets', 'daemonsets']],
    ['/apis/batch/v1', ['jobs']],
    ['/apis/networking.k8s.io/v1', ['ingresses']],
  ].map(
    ([path, wanted]): Question => ({
      title: `discover ${path as string}`,
      ask: async ({ caller }) => {
        const { resources } = (await caller.ok({ path: path as string })) as {
          readonly resources: readonly { name: string }[];
        };
        const names = (wanted as readonly string[]).flatMap((name) => [name, `${name}/status`]);
        return resources
          .filter(({ name }) => names.includes(name))
          .map(({ storageVersionHash: _hash, singularName: _name, ...resource }: Record<string, unknown>) => resource)
          .toSorted((one, other) => (String(one['name']) < String(other['name']) ? -1 : 1));
      },
    }),
  ),
];

/** What every apiserver is asked, in this order: each question builds on those before it. */
export const QUESTIONS: readonly Question[] = [
  ...DISCOVERY,
  ...CREATES,
  ...READS,
  ...SELECTS,
  ...METHODS,
  ...WRITES,
  ...WATCHES,
  ...IDENTITIES,
  ...ENDS,
];

/** The title of each question with the shape of its answer. */
export async function answersOf(server: QuestionedServer): Promise<Readonly<Record<string, unknown>>> {
  const memory: Memory = new Map();
  const answers: Record<string, unknown> = {};
  for (const { title, ask: asked } of QUESTIONS) answers[title] = (await asked(server, memory)) ?? null;
  return answers;
}
