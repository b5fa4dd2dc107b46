import { createInstance } from './create-instance.js';
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
import { type Operation, V1 } from './operation.js';

const INSTANCE = `${V1}/gpu/instance`;

/** Every call that the sandbox answers, by its operationId in the OpenAPI document. */
export const OPERATIONS: readonly Operation[] = [
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
];
