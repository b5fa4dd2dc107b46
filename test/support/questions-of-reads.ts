import { answerShape } from './answer-shape.js';
import type { ApiserverCall } from './apiserver-caller.js';
import {
  ask,
  DEPLOYMENTS,
  get,
  inAnyOrder,
  MAPS,
  map,
  NS,
  PARTIAL,
  PARTIAL_LIST,
  PODS,
  type Question,
  query,
  select,
  TABLE,
  watched,
} from './apiserver-question.js';

export const DISCOVERY: readonly Question[] = [
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

export const READS: readonly Question[] = [
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

export const SELECTS: readonly Question[] = [
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

export const IDENTITIES: readonly Question[] = [
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
