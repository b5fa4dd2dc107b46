import { type AccountResource, type CatalogueResource, type InstancesResource, Novita } from '@app/novita-client';

/** The calls that a test expects; any other one fails the test that makes it. */
export interface PartialNovita {
  readonly instances?: Partial<InstancesResource>;
  readonly catalogue?: Partial<CatalogueResource>;
  readonly account?: Partial<AccountResource>;
}

/**
 * Novita with only these calls.
 * @param calls plain objects: methods of a class's prototype are not copied
 */
export function partialNovita(calls: PartialNovita): Novita {
  return new Novita(
    { ...UNEXPECTED_INSTANCES, ...calls.instances },
    { ...UNEXPECTED_CATALOGUE, ...calls.catalogue },
    { ...UNEXPECTED_ACCOUNT, ...calls.account },
  );
}

const unexpected = (call: string) => (): never => {
  throw new Error(`the test does not expect a call of ${call}`);
};

const UNEXPECTED_INSTANCES: InstancesResource = {
  list: unexpected('instances.list'),
  scan: unexpected('instances.scan'),
  get: unexpected('instances.get'),
  create: unexpected('instances.create'),
  edit: unexpected('instances.edit'),
  start: unexpected('instances.start'),
  stop: unexpected('instances.stop'),
  restart: unexpected('instances.restart'),
  delete: unexpected('instances.delete'),
  migrate: unexpected('instances.migrate'),
  metrics: unexpected('instances.metrics'),
};

const UNEXPECTED_CATALOGUE: CatalogueResource = {
  clusters: unexpected('catalogue.clusters'),
  gpuProducts: unexpected('catalogue.gpuProducts'),
  cpuProducts: unexpected('catalogue.cpuProducts'),
  templates: unexpected('catalogue.templates'),
  template: unexpected('catalogue.template'),
  registryAuths: unexpected('catalogue.registryAuths'),
  networkStorages: unexpected('catalogue.networkStorages'),
};

const UNEXPECTED_ACCOUNT: AccountResource = {
  balance: unexpected('account.balance'),
  jobs: unexpected('account.jobs'),
  endpoints: unexpected('account.endpoints'),
  usageBill: unexpected('account.usageBill'),
};
