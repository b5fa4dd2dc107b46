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
  CLUSTER,
  CPU_PRODUCT,
  GPU_PRODUCT,
  NETWORK_STORAGE,
  REGISTRY_AUTH,
  TEMPLATE,
  TEMPLATE_ANSWER,
} from '../parsing/expected-answers.js';
import {
  readCluster,
  readCpuProduct,
  readGpuProduct,
  readNetworkStorage,
  readRegistryAuth,
  readTemplate,
} from '../parsing/read-catalogue.js';
import { isFields, UnreadableAnswerError, UnreadableItemError } from '../parsing/read-value.js';
import { surprisesOf } from '../parsing/surprises.js';
import type { ResourceReader } from './resource-reader.js';

/** The catalogue over HTTP. */
export class HttpCatalogue implements CatalogueResource {
  constructor(private readonly reader: ResourceReader) {}

  async clusters(options?: CallOptions): Promise<readonly NovitaCluster[]> {
    return (await this.reader.all({ path: '/clusters', read: readCluster, expected: CLUSTER }, options)).items;
  }

  async gpuProducts(filter: GpuProductFilter = {}, options?: CallOptions): Promise<readonly NovitaGpuProduct[]> {
    const query = {
      clusterId: filter.clusterId,
      productName: filter.productName,
      billingMethod: filter.billingMode,
    };
    const what = { path: '/products', query, read: readGpuProduct, expected: GPU_PRODUCT };
    return (await this.reader.all(what, options)).items;
  }

  async cpuProducts(options?: CallOptions): Promise<readonly NovitaCpuProduct[]> {
    const what = { path: '/cpu/products', read: readCpuProduct, expected: CPU_PRODUCT };
    return (await this.reader.all(what, options)).items;
  }

  templates(filter: TemplateFilter = {}, options?: CallOptions): AsyncIterable<Page<NovitaTemplate>> {
    return this.reader.pages(
      {
        path: '/templates',
        answer: 'templates',
        key: 'template',
        pageParameter: 'pageNum',
        query: { name: filter.name, channel: filter.channel },
        read: readTemplate,
        expected: TEMPLATE,
        idOf: (template) => template.id,
      },
      options,
    );
  }

  async template(id: string, options?: CallOptions): Promise<NovitaTemplate> {
    const note = this.reader.notesOf('/template');
    return this.reader.one(
      { path: '/template', query: { templateId: id }, subject: 'template', expected: TEMPLATE_ANSWER },
      (answer) => {
        if (!isFields(answer['template'])) throw new UnreadableAnswerError('"template" is missing');
        try {
          const template = readTemplate(answer['template']);
          note(surprisesOf(TEMPLATE, answer['template']));
          return template;
        } catch (error) {
          if (!(error instanceof UnreadableItemError)) throw error;
          throw new UnreadableAnswerError(`"template.${error.field}": ${error.message}`);
        }
      },
      options,
    );
  }

  async registryAuths(options?: CallOptions): Promise<readonly NovitaRegistryAuth[]> {
    const what = { path: '/repository/auths', read: readRegistryAuth, expected: REGISTRY_AUTH };
    return (await this.reader.all(what, options)).items;
  }

  networkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>> {
    return this.reader.pages(
      {
        path: '/networkstorages/list',
        answer: 'networkStorages',
        key: 'data',
        pageParameter: 'pageNo',
        read: readNetworkStorage,
        expected: NETWORK_STORAGE,
        idOf: (storage) => storage.id,
      },
      options,
    );
  }
}
