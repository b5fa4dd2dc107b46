import { NovitaApi, type NovitaCluster, type NovitaGpuProduct, type NovitaTemplate } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Catalogue, type Dated } from '../catalogue.js';
import { interactively } from '../problems/interactive-call.js';
import { type CacheTimes, DatedCache } from './dated-cache.js';

/** Stock and prices change by the minute; during an outage ten minutes old ones are better than none. */
const TIMES: CacheTimes = { freshMs: 60_000, staleMs: 600_000 };

/** The provider's catalogue, kept in this process. */
@Injectable()
export class CachedCatalogue extends Catalogue {
  private readonly cachedProducts: DatedCache<readonly NovitaGpuProduct[]>;
  private readonly cachedClusters: DatedCache<readonly NovitaCluster[]>;
  private readonly cachedTemplates: DatedCache<readonly NovitaTemplate[]>;

  constructor(api: NovitaApi, clock: Clock) {
    super();
    const priority = 'interactive';
    this.cachedProducts = new DatedCache(
      () => interactively((signal) => api.listGpuProducts({}, { signal, priority })),
      clock,
      TIMES,
    );
    this.cachedClusters = new DatedCache(
      () => interactively((signal) => api.listClusters({ signal, priority })),
      clock,
      TIMES,
    );
    this.cachedTemplates = new DatedCache(() => interactively((signal) => allTemplates(api, signal)), clock, TIMES);
  }

  override async products(): Promise<Dated<readonly NovitaGpuProduct[]>> {
    return this.cachedProducts.get();
  }

  override async clusters(): Promise<Dated<readonly NovitaCluster[]>> {
    return this.cachedClusters.get();
  }

  override async templates(): Promise<Dated<readonly NovitaTemplate[]>> {
    return this.cachedTemplates.get();
  }
}

async function allTemplates(api: NovitaApi, signal: AbortSignal): Promise<readonly NovitaTemplate[]> {
  const templates = new Map<string, NovitaTemplate>();
  for await (const page of api.listTemplates({}, { signal, priority: 'interactive' })) {
    for (const template of page.items) templates.set(template.id, template);
  }
  return [...templates.values()];
}
