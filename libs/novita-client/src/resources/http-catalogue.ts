import type { CallOptions, CatalogueResource, GpuProductFilter, Page, TemplateFilter } from '../novita.js';
import type {
  NovitaCluster,
  NovitaCpuProduct,
  NovitaGpuProduct,
  NovitaNetworkStorage,
  NovitaRegistryAuth,
  NovitaTemplate,
} from '../novita-types.js';
import {
  readCluster,
  readCpuProduct,
  readGpuProduct,
  readNetworkStorage,
  readRegistryAuth,
  readTemplate,
} from '../parsing/read-catalogue.js';
import { isFields, UnreadableAnswerError, UnreadableItemError } from '../parsing/read-value.js';
import type { ResourceReader } from './resource-reader.js';

/** The catalogue over HTTP. */
export class HttpCatalogue implements CatalogueResource {
  constructor(private readonly reader: ResourceReader) {}

  async clusters(options?: CallOptions): Promise<readonly NovitaCluster[]> {
    return this.reader.all('/clusters', {}, readCluster, options);
  }

  async gpuProducts(filter: GpuProductFilter = {}, options?: CallOptions): Promise<readonly NovitaGpuProduct[]> {
    const query = {
      clusterId: filter.clusterId,
      productName: filter.productName,
      billingMethod: filter.billingMode,
    };
    return this.reader.all('/products', query, readGpuProduct, options);
  }

  async cpuProducts(options?: CallOptions): Promise<readonly NovitaCpuProduct[]> {
    return this.reader.all('/cpu/products', {}, readCpuProduct, options);
  }

  templates(filter: TemplateFilter = {}, options?: CallOptions): AsyncIterable<Page<NovitaTemplate>> {
    return this.reader.pages(
      {
        path: '/templates',
        key: 'template',
        pageParameter: 'pageNum',
        query: { name: filter.name, channel: filter.channel },
        read: readTemplate,
        idOf: (template) => template.id,
      },
      options,
    );
  }

  async template(id: string, options?: CallOptions): Promise<NovitaTemplate> {
    return this.reader.one(
      { path: '/template', query: { templateId: id }, subject: 'template' },
      (answer) => {
        if (!isFields(answer['template'])) throw new UnreadableAnswerError('"template" is missing');
        try {
          return readTemplate(answer['template']);
        } catch (error) {
          if (!(error instanceof UnreadableItemError)) throw error;
          throw new UnreadableAnswerError(`"template.${error.field}": ${error.message}`);
        }
      },
      options,
    );
  }

  async registryAuths(options?: CallOptions): Promise<readonly NovitaRegistryAuth[]> {
    return this.reader.all('/repository/auths', {}, readRegistryAuth, options);
  }

  networkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>> {
    return this.reader.pages(
      {
        path: '/networkstorages/list',
        key: 'data',
        pageParameter: 'pageNo',
        read: readNetworkStorage,
        idOf: (storage) => storage.id,
      },
      options,
    );
  }
}
