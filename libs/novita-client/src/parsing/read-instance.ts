import type {
  NovitaInstance,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaMetricPoint,
  NovitaPortMapping,
} from '../novita-types.js';
import {
  arrayOf,
  billingModeOf,
  countOf,
  envsOf,
  type Fields,
  fieldsOf,
  idOf,
  instantOf,
  numberOf,
  portOf,
  portTypeOf,
  requireText,
  textOf,
  usdFromProductPrice,
} from './read-value.js';

/**
 * Reads one instance, from a list or from a get. Only `id` and `status` are indispensable: everything else may be
 * missing without making the instance invisible.
 * @throws UnreadableItemError
 */
export function readInstance(item: Fields): NovitaInstance {
  return {
    id: requireText(item, 'id') as NovitaInstanceId,
    name: textOf(item['name']) ?? '',
    status: requireText(item, 'status'),
    statusError: statusErrorOf(item['statusError']),
    clusterId: idOf(item['clusterId']),
    clusterName: textOf(item['clusterName']),
    productId: textOf(item['productId']),
    productName: textOf(item['productName']),
    gpuNum: countOf(item['gpuNum']),
    cpuNum: countOf(item['cpuNum']),
    memoryGb: countOf(item['memory']),
    rootfsSize: countOf(item['rootfsSize']),
    imageUrl: textOf(item['imageUrl']),
    imageAuthId: idOf(item['imageAuthId']),
    command: textOf(item['command']),
    entrypoint: textOf(item['entrypoint']),
    templateId: idOf(item['templateId']),
    envs: envsOf(item['envs']),
    kind: textOf(item['kind']),
    billingMode: billingModeOf(item['billingMode']),
    portMappings: portMappingsOf(item['portMappings']),
    volumeMounts: volumeMountsOf(item['volumeMounts']),
    usdPerHour: usdFromProductPrice(item['instancePrice']),
    createdAt: instantOf(item['createdAt']),
    lastStartedAt: instantOf(item['lastStartedAt']),
    lastStoppedAt: instantOf(item['lastStoppedAt']),
    endsAt: instantOf(item['endTime']),
    spotStatus: textOf(item['spotStatus']),
    spotReclaimAt: instantOf(item['spotReclaimTime']),
    ssh: sshOf(item),
    jupyterUrl: textOf(fieldsOf(item['connectComponentJupyter'])['address']),
    webTerminal: webTerminalOf(item['connectComponentWebTerminal']),
  };
}

/** Novita sends an empty object, or empty texts, when there is no error. */
function statusErrorOf(value: unknown): NovitaInstance['statusError'] {
  const fields = fieldsOf(value);
  const state = textOf(fields['state']);
  const message = textOf(fields['message']);
  return state === null && message === null ? null : { state: state ?? '', message: message ?? '' };
}

function portMappingsOf(value: unknown): readonly NovitaPortMapping[] {
  const mappings: NovitaPortMapping[] = [];
  for (const entry of arrayOf(value)) {
    const fields = fieldsOf(entry);
    const port = portOf(fields['port']);
    const type = portTypeOf(fields['type']);
    if (port !== null && type !== null) mappings.push({ port, type, endpoint: textOf(fields['endpoint']) });
  }
  return mappings;
}

function volumeMountsOf(value: unknown): NovitaInstance['volumeMounts'] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const type = textOf(fields['type']);
    if (type === null) return [];
    return [
      {
        type,
        id: idOf(fields['id']),
        mountPath: textOf(fields['mountPath']),
        // A string in lists, a number in a get.
        sizeGb: countOf(fields['size']),
      },
    ];
  });
}

/** A get has a component of its own; lists and older answers have the two texts at the top. */
function sshOf(item: Fields): NovitaInstance['ssh'] {
  const component = fieldsOf(item['connectComponentSSH']);
  const command = textOf(component['sshCommand']) ?? textOf(item['sshCommand']);
  if (command === null) return null;
  return { command, password: textOf(component['password']) ?? textOf(item['sshPassword']) };
}

function webTerminalOf(value: unknown): NovitaInstance['webTerminal'] {
  const fields = fieldsOf(value);
  const address = textOf(fields['address']);
  if (address === null) return null;
  return { address, username: textOf(fields['username']), password: textOf(fields['password']) };
}

/** Points without a time or a value are left out; for GPUs it is the average over all of them. */
export function readMetrics(answer: Fields): NovitaInstanceMetrics {
  return {
    cpuUtilization: pointsOf(answer['cpuUtilization']),
    memoryUtilization: pointsOf(answer['memUtilization']),
    diskUtilization: pointsOf(answer['rootDiskUtilization']),
    gpuUtilization: pointsOf(fieldsOf(answer['gpuUtilization'])['avg']),
    gpuMemoryUtilization: pointsOf(fieldsOf(answer['gpuMemUtilization'])['avg']),
  };
}

function pointsOf(value: unknown): readonly NovitaMetricPoint[] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const at = instantOf(fields['timestamp']);
    const reading = numberOf(fields['value']);
    return at === null || reading === null ? [] : [{ at, value: reading }];
  });
}
