import {
  type CallOptions,
  type Edit,
  type GpuProductFilter,
  type InstanceFilter,
  type ListedInstance,
  NovitaApi,
  type Page,
  type ScanOptions,
} from './novita-api.port.js';
import type {
  CreateInstanceInput,
  NovitaBalance,
  NovitaCluster,
  NovitaCpuProduct,
  NovitaEndpoint,
  NovitaGpuProduct,
  NovitaInstance,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaJob,
  NovitaNetworkStorage,
  NovitaRegistryAuth,
  NovitaTemplate,
} from './novita-types.js';
import { AccountCalls, type MetricsRange } from './resources/account-calls.js';
import { CatalogueCalls } from './resources/catalogue-calls.js';
import { InstanceCalls } from './resources/instance-calls.js';
import type { ResourceReader } from './resources/resource-reader.js';
import type { NovitaTransport } from './transport/novita-transport.js';

/** Novita over HTTP. A call whose signal is aborted rejects with the signal's reason; what it had sent may take effect. */
export class HttpNovitaApi extends NovitaApi {
  private readonly instances: InstanceCalls;
  private readonly catalogue: CatalogueCalls;
  private readonly account: AccountCalls;

  constructor(transport: NovitaTransport, reader: ResourceReader) {
    super();
    this.instances = new InstanceCalls(transport, reader);
    this.catalogue = new CatalogueCalls(reader);
    this.account = new AccountCalls(reader);
  }

  override listClusters(options?: CallOptions): Promise<readonly NovitaCluster[]> {
    return this.catalogue.clusters(options);
  }

  override listGpuProducts(filter?: GpuProductFilter, options?: CallOptions): Promise<readonly NovitaGpuProduct[]> {
    return this.catalogue.gpuProducts(filter, options);
  }

  override listCpuProducts(options?: CallOptions): Promise<readonly NovitaCpuProduct[]> {
    return this.catalogue.cpuProducts(options);
  }

  override listInstances(filter?: InstanceFilter, options?: CallOptions): AsyncIterable<Page<NovitaInstance>> {
    return this.instances.list(filter, options);
  }

  override scanInstances(options?: ScanOptions): AsyncIterable<Page<ListedInstance>> {
    return this.instances.scan(options);
  }

  override getInstance(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance> {
    return this.instances.get(id, options);
  }

  override createInstance(
    input: CreateInstanceInput,
    options?: CallOptions,
  ): Promise<{ readonly id: NovitaInstanceId }> {
    return this.instances.create(input, options);
  }

  override editInstance(id: NovitaInstanceId, edit: Edit, options?: CallOptions): Promise<void> {
    return this.instances.edit(id, edit, options);
  }

  override startInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    return this.instances.send('start', id, options);
  }

  override stopInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    return this.instances.send('stop', id, options);
  }

  override restartInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    return this.instances.send('restart', id, options);
  }

  override deleteInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    return this.instances.send('delete', id, options);
  }

  override migrateInstance(
    id: NovitaInstanceId,
    options?: CallOptions,
  ): Promise<{ readonly newInstanceId: NovitaInstanceId | null }> {
    return this.instances.migrate(id, options);
  }

  override listJobs(options?: CallOptions): AsyncIterable<Page<NovitaJob>> {
    return this.account.jobs(options);
  }

  override listTemplates(
    filter?: { readonly name?: string; readonly channel?: string },
    options?: CallOptions,
  ): AsyncIterable<Page<NovitaTemplate>> {
    return this.catalogue.templates(filter, options);
  }

  override getTemplate(id: string, options?: CallOptions): Promise<NovitaTemplate> {
    return this.catalogue.template(id, options);
  }

  override listRegistryAuths(options?: CallOptions): Promise<readonly NovitaRegistryAuth[]> {
    return this.catalogue.registryAuths(options);
  }

  override listNetworkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>> {
    return this.account.networkStorages(options);
  }

  override listEndpoints(options?: CallOptions): AsyncIterable<Page<NovitaEndpoint>> {
    return this.account.endpoints(options);
  }

  override getInstanceMetrics(
    id: NovitaInstanceId,
    range?: MetricsRange,
    options?: CallOptions,
  ): Promise<NovitaInstanceMetrics> {
    return this.account.instanceMetrics(id, range, options);
  }

  override getBalance(options?: CallOptions): Promise<NovitaBalance> {
    return this.account.balance(options);
  }
}
