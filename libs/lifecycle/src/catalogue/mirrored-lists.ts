import {
  type CallOptions,
  CatalogueMirror,
  type MirroredItems,
  type MirroredKind,
  NovitaApi,
  type NovitaCluster,
  type NovitaGpuProduct,
  type NovitaNetworkStorage,
  type NovitaRegistryAuth,
  type NovitaTemplate,
  type Page,
} from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { interactively } from '../problems/interactive-call.js';
import { MirroredList } from './mirrored-list.js';
import { OptionalMirror } from './optional-mirror.js';

/** The lists of the provider that people and creates look into. Whoever reads one waits for it. */
@Injectable()
export class MirroredLists {
  readonly products: MirroredList<NovitaGpuProduct>;
  readonly clusters: MirroredList<NovitaCluster>;
  readonly templates: MirroredList<NovitaTemplate>;
  readonly registryAuths: MirroredList<NovitaRegistryAuth>;
  readonly networkStorages: MirroredList<NovitaNetworkStorage>;

  constructor(api: NovitaApi, mirror: CatalogueMirror, clock: Clock) {
    const shared = new OptionalMirror(mirror, clock, new Logger('Catalogue'));
    const listOf = <Kind extends MirroredKind>(
      kind: Kind,
      ask: (options: CallOptions) => Promise<readonly MirroredItems[Kind][]>,
    ): MirroredList<MirroredItems[Kind]> =>
      new MirroredList(
        {
          ask: () => interactively((signal) => ask({ signal, priority: 'interactive' })),
          readMirror: () => shared.read(kind),
          writeMirror: (items, asOf) => shared.write(kind, items, asOf),
        },
        clock,
      );
    this.products = listOf('gpu-products', (options) => api.listGpuProducts({}, options));
    this.clusters = listOf('clusters', (options) => api.listClusters(options));
    this.templates = listOf('templates', (options) => allOf(api.listTemplates({}, options)));
    this.registryAuths = listOf('registry-auths', (options) => api.listRegistryAuths(options));
    this.networkStorages = listOf('network-storages', (options) => allOf(api.listNetworkStorages(options)));
  }
}

/** What moves from one page to another while they are read comes twice. */
async function allOf<Item extends { readonly id: string }>(pages: AsyncIterable<Page<Item>>): Promise<readonly Item[]> {
  const items = new Map<string, Item>();
  for await (const page of pages) for (const item of page.items) items.set(item.id, item);
  return [...items.values()];
}
