import { apiVersionOf, FACE_KINDS, FACE_ROWS, type FaceKindRow } from './kinds.js';

const ROWS: readonly FaceKindRow[] = FACE_KINDS.map((kind) => FACE_ROWS[kind]);
const GROUPS = [...new Set(ROWS.map(({ group }) => group))].filter((group) => group !== '');
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** Namespaces are deleted one by one. */
const verbsOf = ({ kind }: FaceKindRow): readonly string[] =>
  VERBS.filter((verb) => verb !== 'deletecollection' || kind !== 'Namespace');
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface DiscoveryAnswer {
  readonly contentType: string;
  readonly body: string;
}

/** What says which kinds there are, and that the server is well; null for any other path. */
export function discover(path: string, accept: string): DiscoveryAnswer | null {
  const aggregated = accept.split(',').some((range) => range.replaceAll(' ', '') === AGGREGATED);
  switch (path) {
    case '/healthz':
    case '/livez':
    case '/readyz':
      return { contentType: 'text/plain; charset=utf-8', body: 'ok' };
    case '/version':
      return json(VERSION);
    case '/api':
      return aggregated
        ? groupList([''])
        : json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
    case '/apis':
      if (aggregated) return groupList(GROUPS);
      return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(groupOf) });
    case '/openapi/v3':
      return json({ paths: Object.fromEntries(['', ...GROUPS].map((group) => [rootOf(group), openApiLink(group)])) });
    default:
      return ofGroup(path);
  }
}

/** What is answered, with 404, where not even a group is; null for a path within one. */
export function unknownPlace(path: string): DiscoveryAnswer | null {
  const [, root, group] = path.split('/');
  if (root === 'api') return null;
  if (root !== 'apis') return json({ paths: ['/api', '/apis', '/healthz', '/livez', '/readyz', '/version'] });
  return GROUPS.some((one) => one === group)
    ? null
    : { contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };
}

const VERSION = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'sandbox',
};

const json = (value: unknown): DiscoveryAnswer => ({ contentType: 'application/json', body: JSON.stringify(value) });

/** Without a slash before it, as the OpenAPI index names it. */
const rootOf = (group: string): string => (group === '' ? 'api/v1' : `apis/${group}/v1`);

const openApiLink = (group: string): unknown => ({ serverRelativeURL: `/openapi/v3/${rootOf(group)}?hash=sandbox` });

const groupOf = (group: string): Readonly<Record<string, unknown>> => ({
  name: group,
  versions: [{ groupVersion: `${group}/v1`, version: 'v1' }],
  preferredVersion: { groupVersion: `${group}/v1`, version: 'v1' },
});

function ofGroup(path: string): DiscoveryAnswer | null {
  for (const group of ['', ...GROUPS]) {
    const root = rootOf(group);
    if (path === `/openapi/v3/${root}`) return json(openApiOf(group));
    if (path === `/${root}`) return json(resourceList(group));
    if (group !== '' && path === `/apis/${group}`)
      return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) });
  }
  return null;
}

const rowsOf = (group: string): readonly FaceKindRow[] => ROWS.filter((row) => row.group === group);

function resourceList(group: string): unknown {
  const resources = rowsOf(group).flatMap((row) => {
    const { kind, plural, isNamespaced, shortNames, isInAll, hasStatus } = row;
    const resource = {
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced: isNamespaced,
      kind,
      verbs: verbsOf(row),
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(isInAll ? { categories: ['all'] } : {}),
    };
    const status = {
      name: `${plural}/status`,
      singularName: '',
      namespaced: isNamespaced,
      kind,
      verbs: ['get', 'patch', 'update'],
    };
    return hasStatus ? [resource, status] : [resource];
  });
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: rootOf(group).replace(/^apis?\//, ''),
    resources,
  };
}

/** All kinds of some groups in one answer. */
function groupList(groups: readonly string[]): DiscoveryAnswer {
  const items = groups.map((group) => ({
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: [{ version: 'v1', freshness: 'Current', resources: rowsOf(group).map(aggregatedResource) }],
  }));
  const list = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return { contentType: AGGREGATED, body: JSON.stringify(list) };
}

function aggregatedResource(row: FaceKindRow): unknown {
  const { kind, plural, isNamespaced, shortNames, isInAll, hasStatus, group, version } = row;
  const responseKind = { group, version, kind };
  return {
    resource: plural,
    responseKind,
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: verbsOf(row),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(isInAll ? { categories: ['all'] } : {}),
    ...(hasStatus
      ? { subresources: [{ subresource: 'status', responseKind, verbs: ['get', 'patch', 'update'] }] }
      : {}),
  };
}

/** As much as makes kubectl leave the validation of what it applies to the server: no types, but who takes `fieldValidation`. */
function openApiOf(group: string): unknown {
  const paths = rowsOf(group).map((row) => {
    const place = row.isNamespaced ? '/namespaces/{namespace}' : '';
    const operation = {
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({ name, in: 'query' })),
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-group-version-kind': { group, version: row.version, kind: row.kind },
    };
    const patch = { ...operation, 'x-kubernetes-action': 'patch' };
    return [`/${rootOf(group)}${place}/${row.plural}/{name}`, { patch }];
  });
  const title = `Kubernetes, ${apiVersionOf({ ...FACE_ROWS.Pod, group })}`;
  return {
    openapi: '3.0.0',
    info: { title, version: 'v1.35.2' },
    components: { schemas: {} },
    paths: Object.fromEntries(paths),
  };
}
