import { type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Body, CheckedClient, ORDER } from './checked-client.js';
import { OpenApiDocument } from './openapi-document.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeEach(async () => {
  sandbox = await startSandbox({ instances: 30, speed: 0 });
  client = new CheckedClient(sandbox);
});
afterEach(() => sandbox.close());

const running = async (): Promise<string> => {
  const id = await client.create();
  sandbox.world.advance(80);
  return id;
};
const exited = async (): Promise<string> => {
  const id = await running();
  await client.ok('stopInstance', { body: { instanceId: id } });
  sandbox.world.advance(40);
  return id;
};
const monthly = (): Promise<string> => client.create({ month: 1 });
const first = (body: Body, key: string): Body => (body[key] as readonly Body[])[0] as Body;
const storageId = async (): Promise<unknown> => first(await client.ok('listNetworkStorages'), 'data')['storageId'];
const endpointId = async (): Promise<unknown> => first(await client.ok('listEndpoints'), 'endpoints')['id'];
const networkId = async (): Promise<unknown> => {
  await client.ok('createNetwork', { body: { clusterId: '1', name: 'vpc' } });
  return first(await client.ok('listNetworks'), 'networks')['Id'];
};
const prewarmId = async (): Promise<unknown> =>
  (await client.ok('createPrewarm', { body: { imageUrl: 'a/b:1', clusterId: '1' } }))['id'];
const TEMPLATE = { name: 't', type: 'instance', channel: 'private', image: 'i', rootfsSize: 60 };
const ENDPOINT = {
  name: 'e',
  workerConfig: { minNum: 0, maxNum: 1, freeTimeout: 60, maxConcurrent: 1, gpuNum: 1 },
  ports: [{ port: '8000' }],
  policy: { type: 'queue', value: 60 },
  image: { image: 'i' },
  products: [{ id: '4090.16c62g.us' }],
  rootfsSize: 100,
  volumeMounts: [{ type: 'local', size: 30, mountPath: '/workspace' }],
  healthy: { path: '/health' },
};

interface Case {
  /** A call that succeeds. */
  readonly good: () => Promise<Body>;
  /** Calls that are refused, with the reason. */
  readonly bad?: readonly [reason: string, input: () => Promise<{ query?: Record<string, string>; body?: Body }>][];
}

const NO_INSTANCE: NonNullable<Case['bad']> = [
  ['RESOURCE_NOT_FOUND', async () => ({ query: { instanceId: 'feedfeedfeedfeed' }, body: { instanceId: 'feed' } })],
];
const onInstance = (operation: string, make: () => Promise<string>, more: Body = {}): Case => ({
  good: async () => client.ok(operation, { body: { instanceId: await make(), ...more } }),
  bad: [
    ['RESOURCE_NOT_FOUND', async () => ({ body: { instanceId: 'feedfeedfeedfeed', ...more } })],
    ['VALIDATOR_PARAM', async () => ({ body: more })],
  ],
});
const wrongState = (make: () => Promise<string>, more: Body = {}): NonNullable<Case['bad']>[number] => [
  'DEPENDENT_RESOURCE_STATE',
  async () => ({ body: { instanceId: await make(), ...more } }),
];
const withBad = (base: Case, ...bad: NonNullable<Case['bad']>): Case => ({
  ...base,
  bad: [...(base.bad ?? []), ...bad],
});

const UPGRADE = { imageUrl: 'i:2', envs: [], command: '', save: true, networkVolume: { volumeMounts: [] } };

const CASES: Readonly<Record<string, Case>> = {
  listClusters: { good: () => client.ok('listClusters') },
  listProducts: {
    good: () => client.ok('listProducts', { query: { billingMethod: 'spot' } }),
    bad: [['VALIDATOR_PARAM', async () => ({ query: { gpuNum: '9' } })]],
  },
  listCpuProducts: { good: () => client.ok('listCpuProducts') },
  listInstances: {
    good: () => client.ok('listInstances', { query: { pageSize: 30, pageNum: 1 } }),
    bad: [['VALIDATOR_PARAM', async () => ({ query: { status: 'ready' } })]],
  },
  getInstance: {
    good: async () => client.ok('getInstance', { query: { instanceId: await running() } }),
    bad: NO_INSTANCE,
  },
  createInstance: {
    good: () => client.ok('createInstance', { body: ORDER }),
    bad: [['VALIDATOR_PARAM', async () => ({ body: {} })]],
  },
  editInstance: onInstance('editInstance', running, { ports: [{ port: 9000, type: 'http' }], expandRootDisk: 10 }),
  startInstance: withBad(onInstance('startInstance', exited), wrongState(running)),
  stopInstance: withBad(onInstance('stopInstance', running), wrongState(exited)),
  restartInstance: withBad(onInstance('restartInstance', running), wrongState(exited)),
  deleteInstance: withBad(onInstance('deleteInstance', running), [
    'PREPAID_INSTANCE_NOT_SUPPORT_RELEASE',
    async () => ({ body: { instanceId: await monthly() } }),
  ]),
  migrateInstance: withBad(onInstance('migrateInstance', exited), wrongState(running)),
  upgradeInstance: withBad(
    onInstance('upgradeInstance', running, UPGRADE),
    wrongState(() => client.create(), UPGRADE),
  ),
  renewInstance: {
    good: async () => {
      const instanceId = await monthly();
      sandbox.world.advance(80);
      return client.ok('renewInstance', { body: { instanceId, month: 1 } });
    },
    bad: [
      ['CREATING_INSTANCE_NOT_SUPPORT_RENEWAL', async () => ({ body: { instanceId: await monthly(), month: 1 } })],
      ['UNSUPPORTED_BILLING_MODE', async () => ({ body: { instanceId: await running(), month: 1 } })],
      ['VALIDATOR_PARAM', async () => ({ body: { instanceId: await running(), month: 0 } })],
    ],
  },
  convertToMonthly: withBad(onInstance('convertToMonthly', running, { month: 2 }), [
    'UNSUPPORTED_BILLING_MODE',
    async () => ({ body: { instanceId: await monthly(), month: 1 } }),
  ]),
  setAutoRenew: {
    good: async () =>
      client.ok('setAutoRenew', { body: { instanceIds: [await monthly()], autoRenew: true, autoRenewMonth: 1 } }),
    bad: [
      ['RESOURCE_NOT_FOUND', async () => ({ body: { instanceIds: ['feed'], autoRenew: true, autoRenewMonth: 1 } })],
      [
        'UNSUPPORTED_BILLING_MODE',
        async () => ({ body: { instanceIds: [await running()], autoRenew: true, autoRenewMonth: 1 } }),
      ],
    ],
  },
  setAutoMigrate: onInstance('setAutoMigrate', running, { autoMigrateOpen: true, autoMigrateSystemDisk: false }),
  listJobs: {
    good: async () => {
      await client.ok('migrateInstance', { body: { instanceId: await exited() } });
      return client.ok('listJobs');
    },
  },
  breakJob: {
    good: async () => {
      const saved = await client.ok('saveImage', { body: { instanceId: await exited(), image: 'r/i:1' } });
      return client.ok('breakJob', { body: saved });
    },
    bad: [['JOB_NOT_FOUND', async () => ({ body: { jobId: 'none' } })]],
  },
  saveImage: withBad(onInstance('saveImage', exited, { image: 'r/i:1' }), wrongState(running, { image: 'r/i:1' })),
  getPrewarmQuota: { good: () => client.ok('getPrewarmQuota') },
  listPrewarm: {
    good: async () => {
      await prewarmId();
      return client.ok('listPrewarm');
    },
  },
  createPrewarm: {
    good: () => client.ok('createPrewarm', { body: { imageUrl: 'a/b:1', clusterId: '1' } }),
    bad: [['RESOURCE_NOT_FOUND', async () => ({ body: { imageUrl: 'a', clusterId: '99' } })]],
  },
  editPrewarm: {
    good: async () => client.ok('editPrewarm', { body: { id: await prewarmId(), note: 'n' } }),
    bad: [['RESOURCE_NOT_FOUND', async () => ({ body: { id: 'none' } })]],
  },
  deletePrewarm: {
    good: async () => client.ok('deletePrewarm', { body: { ids: [await prewarmId()] } }),
    bad: [['RESOURCE_NOT_FOUND', async () => ({ body: { ids: ['none'] } })]],
  },
  listTemplates: { good: () => client.ok('listTemplates', { query: { channel: 'official,private' } }) },
  getTemplate: {
    good: () => client.ok('getTemplate', { query: { templateId: '410' } }),
    bad: [['TEMPLATE_NOT_FOUND', async () => ({ query: { templateId: '1' } })]],
  },
  createTemplate: {
    good: () => client.ok('createTemplate', { body: { template: TEMPLATE } }),
    bad: [['VALIDATOR_PARAM', async () => ({ body: { template: { ...TEMPLATE, image: '' } } })]],
  },
  updateTemplate: {
    good: () => client.ok('updateTemplate', { body: { template: { ...TEMPLATE, Id: '410' } } }),
    bad: [['TEMPLATE_NOT_FOUND', async () => ({ body: { template: { ...TEMPLATE, Id: '1' } } })]],
  },
  deleteTemplate: {
    good: () => client.ok('deleteTemplate', { body: { templateId: '411' } }),
    bad: [
      ['TEMPLATE_NOT_FOUND', async () => ({ body: { templateId: '1' } })],
      ['FORBIDDEN', async () => ({ body: { templateId: '212' } })],
    ],
  },
  listRegistryAuths: { good: () => client.ok('listRegistryAuths') },
  createRegistryAuth: {
    good: () => client.ok('createRegistryAuth', { body: { name: 'n', username: 'u', password: 'p' } }),
    bad: [['VALIDATOR_PARAM', async () => ({ body: { name: 'n' } })]],
  },
  deleteRegistryAuth: {
    good: async () => {
      await client.ok('createRegistryAuth', { body: { name: 'mine', username: 'u', password: 'p' } });
      const auths = (await client.ok('listRegistryAuths'))['data'] as readonly Body[];
      return client.ok('deleteRegistryAuth', { body: { id: auths.find(({ name }) => name === 'mine')?.['id'] } });
    },
    bad: [
      ['RESOURCE_NOT_FOUND', async () => ({ body: { id: 'none' } })],
      ['IMAGE_AUTH_IN_USE', async () => ({ body: { id: first(await client.ok('listRegistryAuths'), 'data')['id'] } })],
    ],
  },
  listNetworkStorages: { good: () => client.ok('listNetworkStorages', { query: { pageNo: 1, pageSize: 3 } }) },
  createNetworkStorage: {
    good: () => client.ok('createNetworkStorage', { body: { clusterId: '1', storageName: 's', storageSize: 10 } }),
    bad: [
      ['VALIDATOR_PARAM', async () => ({ body: { clusterId: '1', storageName: 's', storageSize: 9 } })],
      [
        'CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT',
        async () => ({ body: { clusterId: '13', storageName: 's', storageSize: 10 } }),
      ],
    ],
  },
  updateNetworkStorage: {
    good: async () => client.ok('updateNetworkStorage', { body: { storageId: await storageId(), storageSize: '900' } }),
    bad: [
      ['NETWORK_STORAGE_NOT_FOUND', async () => ({ body: { storageId: 'none', storageSize: 900 } })],
      ['VALIDATOR_PARAM', async () => ({ body: { storageId: await storageId(), storageSize: 1 } })],
    ],
  },
  deleteNetworkStorage: {
    good: async () => client.ok('deleteNetworkStorage', { body: { storageId: await storageId() } }),
    bad: [
      ['NETWORK_STORAGE_NOT_FOUND', async () => ({ body: { storageId: 'none' } })],
      [
        'NETWORK_STORAGE_IN_USE',
        async () => {
          const Id = await storageId();
          await client.create({ networkStorages: [{ Id }] });
          return { body: { storageId: Id } };
        },
      ],
    ],
  },
  listNetworks: {
    good: async () => {
      await networkId();
      return client.ok('listNetworks');
    },
  },
  getNetwork: {
    good: async () => client.ok('getNetwork', { query: { networkId: String(await networkId()) } }),
    bad: [['NETWORK_NOT_FOUND', async () => ({ query: { networkId: 'none' } })]],
  },
  createNetwork: {
    good: async () => {
      const answer = await client.ok('createNetwork', { body: { clusterId: 'us-ca-6', name: 'vpc' } });
      expect(answer).toMatchObject({ network: [{ Id: expect.stringMatching(/^vpc-/), name: 'vpc', clusterId: '5' }] });
      return answer;
    },
    bad: [['VALIDATOR_PARAM', async () => ({ body: { clusterId: '3' } })]],
  },
  updateNetwork: {
    good: async () => client.ok('updateNetwork', { body: { networkId: await networkId(), name: 'other' } }),
    bad: [['NETWORK_NOT_FOUND', async () => ({ body: { networkId: 'none' } })]],
  },
  deleteNetwork: {
    good: async () => client.ok('deleteNetwork', { body: { networkId: await networkId() } }),
    bad: [
      [
        'NETWORK_IN_USE',
        async () => {
          const id = await networkId();
          await client.create({ networkId: id });
          return { body: { networkId: String(id) } };
        },
      ],
    ],
  },
  getEndpointLimits: { good: () => client.ok('getEndpointLimits') },
  createEndpoint: {
    good: () => client.ok('createEndpoint', { body: { endpoint: ENDPOINT } }),
    bad: [
      ['VALIDATOR_PARAM', async () => ({ body: { endpoint: { ...ENDPOINT, ports: [] } } })],
      ['SERVERLESS_PRODUCT_NOT_FOUND', async () => ({ body: { endpoint: { ...ENDPOINT, products: [{ id: 'no' }] } } })],
    ],
  },
  listEndpoints: { good: () => client.ok('listEndpoints') },
  getEndpoint: {
    good: async () => client.ok('getEndpoint', { query: { id: String(await endpointId()) } }),
    bad: [['SERVERLESS_ENDPOINT_NOT_FOUND', async () => ({ query: { id: 'none' } })]],
  },
  updateEndpoint: {
    good: async () => client.ok('updateEndpoint', { body: { id: await endpointId(), ...ENDPOINT } }),
    bad: [['SERVERLESS_ENDPOINT_NOT_FOUND', async () => ({ body: { id: 'none', ...ENDPOINT } })]],
  },
  deleteEndpoint: {
    good: async () => client.ok('deleteEndpoint', { body: { name: await endpointId() } }),
    bad: [['SERVERLESS_ENDPOINT_NOT_FOUND', async () => ({ body: { name: 'none' } })]],
  },
  getInstanceMetrics: {
    good: async () => client.ok('getInstanceMetrics', { query: { instanceId: await running() } }),
    bad: NO_INSTANCE,
  },
  getBalance: { good: () => client.ok('getBalance') },
  listUsageBills: {
    good: () => client.ok('listUsageBills', { query: { cycleType: 'Day', productCategory: 'gpu' } }),
    bad: [
      ['INVALID_BILL_CYCLE', async () => ({ query: { cycleType: 'Year', productCategory: 'gpu' } })],
      ['INVALID_PRODUCT_CATEGORY', async () => ({ query: { cycleType: 'Day', productCategory: 'wine' } })],
      [
        'VALIDATOR_PARAM',
        async () => ({ query: { cycleType: 'Day', productCategory: 'gpu', startTime: '1', endTime: '9999999' } }),
      ],
    ],
  },
  listFixedTermBills: {
    good: () => client.ok('listFixedTermBills', { query: { category: 'gpu' } }),
    bad: [['INVALID_PRODUCT_CATEGORY', async () => ({ query: { category: 'wine' } })]],
  },
  listMonthlyBills: { good: () => client.ok('listMonthlyBills') },
};

describe('every documented operation', () => {
  it('is answered', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(new OpenApiDocument().operationIds.toSorted());
  });

  it.each(Object.keys(CASES))('%s answers as documented', async (operation) => {
    // The client throws for any answer that does not fit the document.
    expect(await CASES[operation]?.good()).toBeDefined();
  });

  const refusals = Object.entries(CASES).flatMap(([operation, { bad = [] }]) =>
    bad.map(([reason, input]) => ({ operation, reason, input })),
  );
  it.each(refusals)('$operation refuses with $reason', async ({ operation, reason, input }) => {
    const { status, body } = await client.call(operation, await input());
    expect(body).toMatchObject({ code: status, reason, metadata: {} });
    expect(status).toBe(reason === 'FORBIDDEN' ? 403 : 400);
  });

  it.each(Object.keys(CASES))('%s answers 401 without a key', async (operation) => {
    const { status, body } = await client.call(operation, { key: null });
    expect(status).toBe(401);
    expect(body).toMatchObject({ code: 401, reason: 'UNAUTHORIZED' });
  });
});
