import { NOVITA_STATUSES } from '../novita-types.js';
import { type Fields, fieldsOf, isFields } from './read-value.js';

/*
 * What Novita's answers hold, as it was documented or seen when this was written. Nothing is read by these tables: they are there so that
 * a change of the service is noticed.
 */

/** A member whose texts are words of the service, of which all are known. */
export interface KnownWords {
  readonly member: string;
  /** What an unknown one counts as. */
  readonly kind: 'status' | 'type';
  readonly known: ReadonlySet<string>;
  /** Where the word stands, when it is not the member itself. */
  readonly read?: (item: Fields) => unknown;
}

/** One thing of an answer, or an answer as a whole. */
export interface Expected {
  /** By which it is named, such as `instance`. */
  readonly name: string;
  /** How each member comes. Novita writes null for any of them. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** Members that are documented to be always there. */
  readonly always: readonly string[];
  readonly words: readonly KnownWords[];
}

const KINDS = {
  text: new Set(['string']),
  /** Numbers come as texts in many places, and as numbers in others. */
  number: new Set(['number', 'string']),
  flag: new Set(['boolean']),
  object: new Set(['object']),
  list: new Set(['list']),
  either: new Set(['string', 'object']),
} as const;

/** @param members names by how they come, separated by spaces; a name with an exclamation mark is always there */
function expected(
  name: string,
  members: Partial<Record<keyof typeof KINDS, string>>,
  words: readonly KnownWords[] = [],
): Expected {
  const always: string[] = [];
  const kinds = new Map<string, ReadonlySet<string>>();
  for (const [kind, names] of Object.entries(members) as [keyof typeof KINDS, string][]) {
    for (const written of names.split(' ')) {
      const member = written.replace('!', '');
      if (member !== written) always.push(member);
      kinds.set(member, KINDS[kind]);
    }
  }
  return { name, members: kinds, always, words };
}

const wordsOf = (texts: string): ReadonlySet<string> => new Set(texts.split(' '));
const BILLING_MODES = wordsOf('onDemand monthly spot');

/** In lists or in a get. */
export const INSTANCE = expected(
  'instance',
  {
    text: 'id! name! clusterId clusterName status! imageUrl imageAuthId command entrypoint productId productName kind billingMode spotStatus sshCommand sshPassword templateId memberId',
    number:
      'cpuNum memory gpuNum rootfsSize instancePrice localStoragePrice exitedLocalStoragePrice endTime spotReclaimTime createdAt lastStartedAt lastStoppedAt useTime diskSize freeStorageSize keepDataDay',
    object:
      'statusError network node connectComponentSSH connectComponentWebTerminal connectComponentJupyter connectComponentLog autoMigrate',
    list: 'portMappings volumeMounts envs gpuIds jobs tools',
  },
  [
    { member: 'status', kind: 'status', known: new Set<string>(NOVITA_STATUSES) },
    { member: 'spotStatus', kind: 'status', known: wordsOf('running notified reclaiming terminated') },
    { member: 'billingMode', kind: 'type', known: BILLING_MODES },
  ],
);

export const CLUSTER = expected('cluster', {
  text: 'id! name! slug',
  flag: 'supportNetworkStorage supportInstanceNetwork',
  list: 'availableGpuType',
});

export const GPU_PRODUCT = expected(
  'product',
  {
    text: 'id! name! inventoryState',
    number: 'cpuPerGpu memoryPerGpu diskPerGpu minRootFS maxRootFS minLocalStorage maxLocalStorage price! spotPrice',
    flag: 'availableDeploy!',
    list: 'regions monthlyPrice billingMethods prices',
  },
  [
    { member: 'billingMethods', kind: 'type', known: BILLING_MODES },
    { member: 'inventoryState', kind: 'status', known: wordsOf('none low normal high') },
  ],
);

export const CPU_PRODUCT = expected('cpuProduct', {
  text: 'id! name!',
  number: 'cpuNum memorySize rootfsSize localVolumeSize price!',
  flag: 'availableDeploy!',
  list: 'regions',
});

export const TEMPLATE = expected(
  'template',
  {
    text: 'Id id name! readme type channel image! imageAuth startCommand entrypoint minCudaVersion',
    number: 'rootfsSize createdAt',
    list: 'ports envs tools recommendCards volumes',
  },
  [
    { member: 'type', kind: 'type', known: wordsOf('instance serverless') },
    { member: 'channel', kind: 'type', known: wordsOf('official community private') },
  ],
);

export const REGISTRY_AUTH = expected('registryAuth', { text: 'id! name! username! password' });

export const NETWORK_STORAGE = expected('networkStorage', {
  text: 'storageId! storageName! clusterId clusterName',
  number: 'storageSize! price',
});

export const JOB = expected(
  'job',
  {
    text: 'Id id user type! logAddress instanceId creator uuid',
    number: 'createdAt maxRetry timeout deletedTime updateAt',
    list: 'envs',
    either: 'state!',
  },
  [
    { member: 'type', kind: 'type', known: wordsOf('saveImage instanceMigrate autoInstanceMigrate') },
    {
      member: 'state',
      kind: 'status',
      known: wordsOf('pending pulling running fail success break'),
      read: ({ state }) => (isFields(state) ? state['state'] : state),
    },
  ],
);

export const ENDPOINT = expected('endpoint', {
  text: 'id! endpoint_id name! appName url clusterID log',
  number: 'rootfsSize',
  object: 'workerConfig policy image healthy',
  list: 'volumeMounts envs ports workers products',
  either: 'state',
});

export const BALANCE = expected('balance', {
  number: 'availableBalance! cashBalance creditLimit outstandingInvoices pendingCharges',
});

export const METRICS = expected('metrics', {
  list: 'cpuUtilization! memUtilization! rootDiskUtilization',
  object: 'gpuUtilization! gpuMemUtilization!',
});

export const BILL_LINE = expected('bill', {
  text: 'userId productName category productId ownerID!',
  number:
    'startTime! endTime! billingMethod billNum0 billNum1 basePrice0 basePrice1 discountPrice0 discountPrice1 amount! voucherAmount payAmount payAmountDisplay pricePrecision',
});

/** An answer that holds a list under that key, and nothing more than belongs to lists. */
export function listAnswer(name: string, key: string): Expected {
  return expected(name, { list: `${key}!`, number: 'total pageSize pageNum' });
}

/** The answer to one template: it is wrapped. */
export const TEMPLATE_ANSWER = expected('templateAnswer', { object: 'template!' });

/** The part of an answer about one instance that is the instance: bare, as clients see it, or wrapped. */
export function bareInstance(answer: Fields): Fields {
  return 'id' in answer ? answer : fieldsOf(answer['instance'] ?? answer['data']);
}
