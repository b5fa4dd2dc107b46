import { createRegistryAuth, deleteRegistryAuth, getBalance, listRegistryAuths } from './account.js';
import { listFixedTermBills, listMonthlyBills, listUsageBills } from './bills.js';
import { createInstance } from './create-instance.js';
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  getEndpointLimits,
  listEndpoints,
  updateEndpoint,
} from './endpoints.js';
import { createPrewarm, deletePrewarm, editPrewarm, getPrewarmQuota, listPrewarm } from './image-prewarm.js';
import { convertToMonthly, renewInstance, setAutoMigrate, setAutoRenew } from './instance-billing.js';
import {
  deleteInstance,
  editInstance,
  migrateInstance,
  restartInstance,
  startInstance,
  stopInstance,
  upgradeInstance,
} from './instance-commands.js';
import { getInstance, listInstances } from './instance-reads.js';
import { breakJob, listJobs, saveImage } from './jobs.js';
import { getInstanceMetrics } from './metrics.js';
import {
  createNetworkStorage,
  deleteNetworkStorage,
  listNetworkStorages,
  updateNetworkStorage,
} from './network-storages.js';
import { createNetwork, deleteNetwork, getNetwork, listNetworks, updateNetwork } from './networks.js';
import { type Operation, V1 } from './operation.js';
import { listClusters, listCpuProducts, listProducts } from './products.js';
import { createTemplate, deleteTemplate, getTemplate, listTemplates, updateTemplate } from './templates.js';

/** Metrics and billing do not live below the GPU path. */
const OPENAPI_V1 = '/openapi/v1';
const INSTANCE = `${V1}/gpu/instance`;

/** Every call that the sandbox answers, by its operationId in the OpenAPI document. */
export const OPERATIONS: readonly Operation[] = [
  { id: 'listClusters', method: 'GET', path: `${V1}/clusters`, isList: true, handle: listClusters },
  { id: 'listProducts', method: 'GET', path: `${V1}/products`, isList: true, handle: listProducts },
  { id: 'listCpuProducts', method: 'GET', path: `${V1}/cpu/products`, isList: true, handle: listCpuProducts },
  { id: 'listInstances', method: 'GET', path: `${V1}/gpu/instances`, isList: true, handle: listInstances },
  { id: 'getInstance', method: 'GET', path: INSTANCE, handle: getInstance },
  { id: 'createInstance', method: 'POST', path: `${INSTANCE}/create`, handle: createInstance },
  { id: 'editInstance', method: 'POST', path: `${INSTANCE}/edit`, handle: editInstance },
  { id: 'startInstance', method: 'POST', path: `${INSTANCE}/start`, handle: startInstance },
  { id: 'stopInstance', method: 'POST', path: `${INSTANCE}/stop`, handle: stopInstance },
  { id: 'restartInstance', method: 'POST', path: `${INSTANCE}/restart`, handle: restartInstance },
  { id: 'deleteInstance', method: 'POST', path: `${INSTANCE}/delete`, handle: deleteInstance },
  { id: 'migrateInstance', method: 'POST', path: `${INSTANCE}/migrate`, handle: migrateInstance },
  { id: 'upgradeInstance', method: 'POST', path: `${INSTANCE}/upgrade`, handle: upgradeInstance },
  { id: 'renewInstance', method: 'POST', path: `${INSTANCE}/renewInstance`, handle: renewInstance },
  { id: 'convertToMonthly', method: 'POST', path: `${INSTANCE}/transToMonthlyInstance`, handle: convertToMonthly },
  { id: 'setAutoRenew', method: 'POST', path: `${INSTANCE}/setAutoRenew`, handle: setAutoRenew },
  { id: 'setAutoMigrate', method: 'POST', path: `${INSTANCE}/setAutoMigrate`, handle: setAutoMigrate },
  { id: 'listJobs', method: 'GET', path: `${V1}/jobs`, isList: true, handle: listJobs },
  { id: 'breakJob', method: 'POST', path: `${V1}/job/break`, handle: breakJob },
  { id: 'saveImage', method: 'POST', path: `${V1}/job/save/image`, handle: saveImage },
  { id: 'getPrewarmQuota', method: 'GET', path: `${V1}/image/prewarm/quota`, handle: getPrewarmQuota },
  { id: 'listPrewarm', method: 'GET', path: `${V1}/image/prewarm`, isList: true, handle: listPrewarm },
  { id: 'createPrewarm', method: 'POST', path: `${V1}/image/prewarm`, handle: createPrewarm },
  { id: 'editPrewarm', method: 'POST', path: `${V1}/image/prewarm/edit`, handle: editPrewarm },
  { id: 'deletePrewarm', method: 'POST', path: `${V1}/image/prewarm/delete`, handle: deletePrewarm },
  { id: 'listTemplates', method: 'GET', path: `${V1}/templates`, isList: true, handle: listTemplates },
  { id: 'getTemplate', method: 'GET', path: `${V1}/template`, handle: getTemplate },
  { id: 'createTemplate', method: 'POST', path: `${V1}/template/create`, handle: createTemplate },
  { id: 'updateTemplate', method: 'POST', path: `${V1}/template/update`, handle: updateTemplate },
  { id: 'deleteTemplate', method: 'POST', path: `${V1}/template/delete`, handle: deleteTemplate },
  { id: 'listRegistryAuths', method: 'GET', path: `${V1}/repository/auths`, isList: true, handle: listRegistryAuths },
  { id: 'createRegistryAuth', method: 'POST', path: `${V1}/repository/auth/save`, handle: createRegistryAuth },
  { id: 'deleteRegistryAuth', method: 'POST', path: `${V1}/repository/auth/delete`, handle: deleteRegistryAuth },
  {
    id: 'listNetworkStorages',
    method: 'GET',
    path: `${V1}/networkstorages/list`,
    isList: true,
    handle: listNetworkStorages,
  },
  { id: 'createNetworkStorage', method: 'POST', path: `${V1}/networkstorage/create`, handle: createNetworkStorage },
  { id: 'updateNetworkStorage', method: 'POST', path: `${V1}/networkstorage/update`, handle: updateNetworkStorage },
  { id: 'deleteNetworkStorage', method: 'POST', path: `${V1}/networkstorage/delete`, handle: deleteNetworkStorage },
  { id: 'listNetworks', method: 'GET', path: `${V1}/networks`, isList: true, handle: listNetworks },
  { id: 'getNetwork', method: 'GET', path: `${V1}/network`, handle: getNetwork },
  { id: 'createNetwork', method: 'POST', path: `${V1}/network/create`, handle: createNetwork },
  { id: 'updateNetwork', method: 'POST', path: `${V1}/network/update`, handle: updateNetwork },
  { id: 'deleteNetwork', method: 'POST', path: `${V1}/network/delete`, handle: deleteNetwork },
  { id: 'getEndpointLimits', method: 'GET', path: `${V1}/endpoint/limit`, handle: getEndpointLimits },
  { id: 'listEndpoints', method: 'GET', path: `${V1}/endpoints`, isList: true, handle: listEndpoints },
  { id: 'getEndpoint', method: 'GET', path: `${V1}/endpoint`, handle: getEndpoint },
  { id: 'createEndpoint', method: 'POST', path: `${V1}/endpoint/create`, handle: createEndpoint },
  { id: 'updateEndpoint', method: 'POST', path: `${V1}/endpoint/update`, handle: updateEndpoint },
  { id: 'deleteEndpoint', method: 'POST', path: `${V1}/endpoint/delete`, handle: deleteEndpoint },
  {
    id: 'getInstanceMetrics',
    method: 'GET',
    path: `${OPENAPI_V1}/metrics/gpu/instance`,
    handle: getInstanceMetrics,
  },
  { id: 'getBalance', method: 'GET', path: `${OPENAPI_V1}/billing/balance/detail`, handle: getBalance },
  { id: 'listUsageBills', method: 'GET', path: `${OPENAPI_V1}/billing/bill/list`, handle: listUsageBills },
  {
    id: 'listFixedTermBills',
    method: 'GET',
    path: `${OPENAPI_V1}/billing/bill/monthly/list`,
    handle: listFixedTermBills,
  },
  { id: 'listMonthlyBills', method: 'GET', path: `${OPENAPI_V1}/billing/monthly/bill`, handle: listMonthlyBills },
];
