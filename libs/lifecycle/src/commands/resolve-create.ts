import { NovitaApi, NovitaNotFoundError, type NovitaTemplate } from '@app/novita-client';
import { type FieldError, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { Freshness } from '../catalogue/mirrored-list.js';
import { MirroredLists } from '../catalogue/mirrored-lists.js';
import type { CreateInstanceRequest } from '../instance-commands.js';
import { interactively } from '../problems/interactive-call.js';
import { lifecycleProblems, unknownName } from '../problems/lifecycle.problems.js';
import { chooseOffer, type Picture, type ResolvedCreate } from './choose-offer.js';
import { type CreateDefaults, mergeTemplate } from './merge-template.js';
import { faultsOfMerged, faultsOfRequest } from './validate-request.js';

/** What new instances take when nobody says otherwise. */
export abstract class CreateOptions {
  abstract readonly defaults: CreateDefaults;
  /** Two characters, the owner's part of every marker. */
  abstract readonly fleetId: string;
}

/** Before a create is refused the provider is asked, unless it was this shortly before. */
const JUST_NOW: Freshness = { maxAgeMs: 5_000 };

/** Turns a create as it is wished into what the create call needs. */
@Injectable()
export class CreateResolver {
  constructor(
    private readonly api: NovitaApi,
    private readonly lists: MirroredLists,
    private readonly options: CreateOptions,
  ) {}

  /** @throws Problem that names the member at fault, or the failure of the provider */
  async resolve(request: CreateInstanceRequest): Promise<ResolvedCreate> {
    refuse(faultsOfRequest(request));
    const [template, picture] = await Promise.all([this.template(request.templateId), this.picture(request)]);
    const merged = mergeTemplate(request, template, this.options.defaults);
    refuse(faultsOfMerged(merged, request));
    const { region } = this.options.defaults;
    try {
      return chooseOffer(request, merged, region, picture);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    // What is missing there may be new, or in stock again.
    return chooseOffer(request, merged, region, await this.picture(request, JUST_NOW));
  }

  /** Of the lists that only some requests need, those that this one needs. */
  private async picture(request: CreateInstanceRequest, freshness?: Freshness): Promise<Picture> {
    const { lists } = this;
    const needsStorages = (request.networkStorages ?? []).length > 0;
    const [products, clusters, registryAuths, networkStorages] = await Promise.all([
      lists.products.read(freshness),
      lists.clusters.read(freshness),
      request.imageAuthId === undefined ? null : lists.registryAuths.read(freshness),
      needsStorages ? lists.networkStorages.read(freshness) : null,
    ]);
    return {
      products: products.items,
      clusters: clusters.items,
      registryAuths: registryAuths?.items ?? [],
      networkStorages: networkStorages?.items ?? [],
    };
  }

  /** Asked for each time: what a template says is what will run, and a change of it must not come minutes late. */
  private async template(id: string | undefined): Promise<NovitaTemplate | null> {
    if (id === undefined) return null;
    const template = await interactively(async (signal) => {
      try {
        return await this.api.getTemplate(id, { signal, priority: 'interactive' });
      } catch (error) {
        if (error instanceof NovitaNotFoundError) return null;
        throw error;
      }
    });
    if (template === null) throw unknownName('unknown-template', '/templateId', id, []);
    return template;
  }
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const detail = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  throw new Problem(lifecycleProblems['invalid-spec'], { detail, errors });
}
