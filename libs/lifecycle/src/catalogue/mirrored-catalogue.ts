import type { Mirrored, NovitaCluster, NovitaGpuProduct, NovitaTemplate } from '@app/novita-client';
import { Injectable } from '@nestjs/common';
import { Catalogue, type Dated } from '../catalogue.js';
import { MirroredLists } from './mirrored-lists.js';

/** The provider's catalogue, as the processes of the fleet last read it. */
@Injectable()
export class MirroredCatalogue extends Catalogue {
  constructor(private readonly lists: MirroredLists) {
    super();
  }

  override async products(): Promise<Dated<readonly NovitaGpuProduct[]>> {
    return dated(await this.lists.products.read());
  }

  override async clusters(): Promise<Dated<readonly NovitaCluster[]>> {
    return dated(await this.lists.clusters.read());
  }

  override async templates(): Promise<Dated<readonly NovitaTemplate[]>> {
    return dated(await this.lists.templates.read());
  }
}

function dated<Item>({ items, asOf }: Mirrored<Item>): Dated<readonly Item[]> {
  return { value: items, asOf };
}
