import { carriesMarker, parseMarkedName } from '@app/instance-store';
import { type CallOptions, NovitaApi, type NovitaInstance, type Page, phaseOf } from '@app/novita-client';
import { Injectable, Logger } from '@nestjs/common';

/** An instance that is known to exist, and its marker. */
interface KnownInstance {
  readonly instance: NovitaInstance;
  readonly marker: string;
}

/**
 * The listing in which a marker is searched for. Novita calls the name filter of its listing fuzzy and does not say
 * what it finds. That an instance is absent follows from this listing, so the filter is used only after it has found,
 * in this process, the marker of an instance that is known to exist. Until then every instance is listed.
 */
@Injectable()
export class MarkerListing {
  private readonly logger = new Logger(MarkerListing.name);
  private isFilterProven = false;
  /** Once in the life of a process: a filter that has failed is not asked again in every search. */
  private wasTried = false;

  constructor(private readonly api: NovitaApi) {}

  /**
   * Pages that hold every instance with this marker, and others too; the last carries the verdict. When the filter
   * proves itself on the way, the listing begins anew with it, so an instance may be shown twice.
   */
  async *pages(marker: string, options: CallOptions): AsyncGenerator<Page<NovitaInstance>> {
    if (!this.isFilterProven) {
      for await (const page of this.api.listInstances({}, options)) {
        const known = this.wasTried ? null : firstMarked(page.items);
        if (known !== null) {
          this.isFilterProven ||= await this.finds(known, options);
          this.wasTried = true;
        }
        if (this.isFilterProven && page.verdict === null) break;
        yield page;
        if (page.verdict !== null) return;
      }
    }
    yield* this.api.listInstances({ name: marker }, options);
  }

  private async finds({ instance, marker }: KnownInstance, options: CallOptions): Promise<boolean> {
    for await (const page of this.api.listInstances({ name: marker }, options)) {
      if (page.items.some(({ id, name }) => id === instance.id && carriesMarker(name, marker))) return true;
    }
    this.logger.warn("Novita's name filter does not find a marker that is there; every instance is listed instead", {
      novitaInstanceId: instance.id,
      marker,
    });
    return false;
  }
}

/** The first that carries a marker, of whatever fleet, and is not on its way out. */
function firstMarked(instances: readonly NovitaInstance[]): KnownInstance | null {
  for (const instance of instances) {
    const phase = phaseOf(instance.status);
    const marker = parseMarkedName(instance.name)?.marker;
    if (marker !== undefined && phase !== 'gone' && phase !== 'removing') return { instance, marker };
  }
  return null;
}
