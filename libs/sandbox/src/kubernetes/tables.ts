import type { FaceKind } from './kinds.js';
import type { KubernetesObject } from './stored-object.js';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly format: string;
  readonly description: string;
  /** Above 0 it is shown with `-o wide` only. */
  readonly priority: number;
}

/** What kubectl shows of a kind: the apiserver prints the cells. */
interface TableShape {
  readonly columns: readonly Column[];
  readonly cells: (object: Reader, now: number) => readonly (string | number)[];
}

/** Reads members of an object of which nothing is known. */
class Reader {
  constructor(readonly value: unknown) {}

  at(...path: readonly string[]): Reader {
    let value = this.value;
    for (const member of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[member];
    return new Reader(value);
  }

  text(fallback = ''): string {
    return typeof this.value === 'string' ? this.value : fallback;
  }

  count(): number {
    return typeof this.value === 'number' ? this.value : 0;
  }

  items(): readonly Reader[] {
    return Array.isArray(this.value) ? this.value.map((item) => new Reader(item)) : [];
  }

  members(): readonly string[] {
    return typeof this.value === 'object' && this.value !== null ? Object.keys(this.value) : [];
  }
}

const column = (name: string, type: Column['type'] = 'string', priority = 0): Column => ({
  name,
  type,
  format: name === 'Name' ? 'name' : '',
  description: '',
  priority,
});

const named = (object: Reader): string => object.at('metadata', 'name').text();
const age = (object: Reader, now: number): string => span(object.at('metadata', 'creationTimestamp').text(), now);

/** What `-o wide` shows of the pods that a workload makes. */
const TEMPLATE_COLUMNS = ['Containers', 'Images', 'Selector'].map((name) => column(name, 'string', 1));

function templateCells(object: Reader): readonly string[] {
  const containers = object.at('spec', 'template', 'spec', 'containers').items();
  const listed = (member: string): string => containers.map((one) => one.at(member).text()).join(',');
  return [listed('name'), listed('image'), labelText(object.at('spec', 'selector', 'matchLabels'))];
}

const labelText = (labels: Reader): string =>
  labels
    .members()
    .map((label) => `${label}=${labels.at(label).text()}`)
    .join(',') || '<none>';

function lasted(job: Reader, now: number): string {
  const begun = job.at('status', 'startTime').text();
  if (begun === '') return '';
  const ended = job.at('status', 'completionTime').text();
  return span(begun, ended === '' ? now : Date.parse(ended));
}

const SHAPES: Readonly<Record<FaceKind, TableShape>> = {
  Namespace: {
    columns: [column('Name'), column('Status'), column('Age')],
    cells: (object, now) => [named(object), object.at('status', 'phase').text(), age(object, now)],
  },
  Node: {
    columns: [column('Name'), column('Status'), column('Roles'), column('Age'), column('Version')],
    cells: (object, now) => [
      named(object),
      conditionIs(object, 'Ready') ? 'Ready' : 'NotReady',
      '<none>',
      age(object, now),
      object.at('status', 'nodeInfo', 'kubeletVersion').text(),
    ],
  },
  Pod: {
    columns: [
      column('Name'),
      column('Ready'),
      column('Status'),
      column('Restarts'),
      column('Age'),
      column('IP', 'string', 1),
      column('Node', 'string', 1),
      column('Nominated Node', 'string', 1),
      column('Readiness Gates', 'string', 1),
    ],
    cells: (object, now) => {
      const statuses = object.at('status', 'containerStatuses').items();
      const ready = statuses.filter((status) => status.at('ready').value === true).length;
      const restarts = statuses.reduce((sum, status) => sum + status.at('restartCount').count(), 0);
      const phase = object.at('status', 'phase').text('Unknown');
      return [
        named(object),
        `${ready}/${object.at('spec', 'containers').items().length}`,
        object.at('metadata', 'deletionTimestamp').text() === '' ? phase : 'Terminating',
        String(restarts),
        age(object, now),
        object.at('status', 'podIP').text('<none>'),
        object.at('spec', 'nodeName').text('<none>'),
        '<none>',
        '<none>',
      ];
    },
  },
  Deployment: {
    columns: [
      column('Name'),
      column('Ready'),
      column('Up-to-date', 'integer'),
      column('Available', 'integer'),
      column('Age'),
      ...TEMPLATE_COLUMNS,
    ],
    cells: (object, now) => [
      named(object),
      readyOf(object),
      object.at('status', 'updatedReplicas').count(),
      object.at('status', 'availableReplicas').count(),
      age(object, now),
      ...templateCells(object),
    ],
  },
  StatefulSet: {
    columns: [column('Name'), column('Ready'), column('Age')],
    cells: (object, now) => [named(object), readyOf(object), age(object, now)],
  },
  DaemonSet: {
    columns: [
      column('Name'),
      column('Desired', 'integer'),
      column('Current', 'integer'),
      column('Ready', 'integer'),
      column('Age'),
    ],
    cells: (object, now) => [
      named(object),
      object.at('status', 'desiredNumberScheduled').count(),
      object.at('status', 'currentNumberScheduled').count(),
      object.at('status', 'numberReady').count(),
      age(object, now),
    ],
  },
  Job: {
    columns: [
      column('Name'),
      column('Status'),
      column('Completions'),
      column('Duration'),
      column('Age'),
      ...TEMPLATE_COLUMNS,
    ],
    cells: (object, now) => [
      named(object),
      conditionIs(object, 'Complete') ? 'Complete' : conditionIs(object, 'Failed') ? 'Failed' : 'Running',
      `${object.at('status', 'succeeded').count()}/${object.at('spec', 'completions').count() || 1}`,
      lasted(object, now),
      age(object, now),
      ...templateCells(object),
    ],
  },
  CronJob: {
    columns: [column('Name'), column('Schedule'), column('Suspend'), column('Active', 'integer'), column('Age')],
    cells: (object, now) => [
      named(object),
      object.at('spec', 'schedule').text(),
      object.at('spec', 'suspend').value === true ? 'True' : 'False',
      object.at('status', 'active').items().length,
      age(object, now),
    ],
  },
  Service: {
    columns: [
      column('Name'),
      column('Type'),
      column('Cluster-IP'),
      column('External-IP'),
      column('Port(s)'),
      column('Age'),
      column('Selector', 'string', 1),
    ],
    cells: (object, now) => [
      named(object),
      object.at('spec', 'type').text('ClusterIP'),
      object.at('spec', 'clusterIP').text('<none>'),
      '<none>',
      object
        .at('spec', 'ports')
        .items()
        .map((port) => `${port.at('port').count()}/${port.at('protocol').text('TCP')}`)
        .join(',') || '<none>',
      age(object, now),
      labelText(object.at('spec', 'selector')),
    ],
  },
  Ingress: {
    columns: [column('Name'), column('Class'), column('Hosts'), column('Age')],
    cells: (object, now) => [
      named(object),
      object.at('spec', 'ingressClassName').text('<none>'),
      object
        .at('spec', 'rules')
        .items()
        .map((rule) => rule.at('host').text('*'))
        .join(',') || '*',
      age(object, now),
    ],
  },
  ConfigMap: {
    columns: [column('Name'), column('Data', 'integer'), column('Age')],
    cells: (object, now) => [named(object), object.at('data').members().length, age(object, now)],
  },
  Secret: {
    columns: [column('Name'), column('Type'), column('Data', 'integer'), column('Age')],
    cells: (object, now) => [
      named(object),
      object.at('type').text('Opaque'),
      object.at('data').members().length,
      age(object, now),
    ],
  },
};

export const tableColumns = (kind: FaceKind): readonly Column[] => SHAPES[kind].columns;

export function tableCells(kind: FaceKind, object: KubernetesObject, now: number): readonly (string | number)[] {
  return SHAPES[kind].cells(new Reader(object), now);
}

function conditionIs(object: Reader, type: string): boolean {
  const conditions = object.at('status', 'conditions').items();
  return conditions.some((one) => one.at('type').text() === type && one.at('status').text() === 'True');
}

const readyOf = (object: Reader): string =>
  `${object.at('status', 'readyReplicas').count()}/${object.at('spec', 'replicas').count()}`;

function span(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1_000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
