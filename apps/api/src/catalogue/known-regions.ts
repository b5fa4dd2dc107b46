import { Catalogue, findCluster, isAnyRegion, unknownRegion } from '@app/lifecycle';
import type { NovitaCluster } from '@app/novita-client';
import { Injectable } from '@nestjs/common';

/** Regions as clients write them, for lists: the same names as a create takes. */
@Injectable()
export class KnownRegions {
  constructor(private readonly catalogue: Catalogue) {}

  /**
   * @returns the region's full name, such as `US-01 (Dallas)` for `us-01`; the text as it came, while no regions are
   *   known; nothing for `any`
   * @param pointer where it was written, for the problem
   * @throws Problem `unknown-region` that names similar ones
   */
  async filterBy(region: string | undefined, pointer = '?region'): Promise<{ readonly region?: string }> {
    if (region === undefined || isAnyRegion(region)) return {};
    const clusters = await this.clusters();
    if (clusters.length === 0) return { region };
    const found = findCluster(clusters, region);
    if (found === null) throw unknownRegion(region, clusters, pointer);
    return { region: found.name };
  }

  /**
   * The same for several regions.
   * @returns nothing for none, or when one of them is `any`
   * @throws Problem `unknown-region`
   */
  async filterByAny(
    regions: readonly string[] | undefined,
    pointer?: string,
  ): Promise<{ readonly regions?: readonly string[] }> {
    if (regions === undefined || regions.some(isAnyRegion)) return {};
    const found = await Promise.all(
      regions.map(async (region) => (await this.filterBy(region, pointer)).region ?? region),
    );
    return { regions: found };
  }

  /** A list of our own records must not fail because Novita is away. */
  private async clusters(): Promise<readonly NovitaCluster[]> {
    try {
      return (await this.catalogue.clusters()).value;
    } catch {
      return [];
    }
  }
}
