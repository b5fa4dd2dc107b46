import type { CallOptions, ListingVerdict, MirroredItems, MirroredKind, NovitaApi, Page } from '@app/novita-client';

export type OnProgress = (count: number, total: number | null) => void;

interface MirroredListing<Item> {
  readonly items: readonly Item[];
  /** Why something may be missing from it; null when nothing is. */
  readonly unclean: string | null;
}

export interface MirroredKindSource<Item> {
  /** @throws NovitaError, the reason of the signal */
  list(signal: AbortSignal, onProgress: OnProgress): Promise<MirroredListing<Item>>;
}

export type MirroredKindSources = { readonly [Kind in MirroredKind]: MirroredKindSource<MirroredItems[Kind]> };

/** A list that changes while it is read shows in its totals; the next try mostly meets a quiet moment. */
const TRIES = 3;

/** How each of the provider's small lists is read. Total: a kind without a line does not compile. */
export function mirroredKindSources(api: NovitaApi): MirroredKindSources {
  return {
    'gpu-products': whole((options) => api.listGpuProducts({}, options)),
    'cpu-products': whole((options) => api.listCpuProducts(options)),
    clusters: whole((options) => api.listClusters(options)),
    templates: paged((options) => api.listTemplates({}, options)),
    'registry-auths': whole((options) => api.listRegistryAuths(options)),
    'network-storages': paged((options) => api.listNetworkStorages(options)),
    jobs: paged((options) => api.listJobs(options)),
    endpoints: paged((options) => api.listEndpoints(options)),
  };
}

function whole<Item>(list: (options: CallOptions) => Promise<readonly Item[]>): MirroredKindSource<Item> {
  return {
    async list(signal, onProgress) {
      const items = await list({ signal });
      onProgress(items.length, items.length);
      return { items, unclean: null };
    },
  };
}

function paged<Item extends { readonly id: string }>(
  list: (options: CallOptions) => AsyncIterable<Page<Item>>,
): MirroredKindSource<Item> {
  return {
    async list(signal, onProgress) {
      let listing = await readPages(list({ signal }), onProgress);
      for (let tried = 1; listing.unclean !== null && tried < TRIES; tried += 1) {
        signal.throwIfAborted();
        listing = await readPages(list({ signal }), onProgress);
      }
      return listing;
    },
  };
}

async function readPages<Item extends { readonly id: string }>(
  pages: AsyncIterable<Page<Item>>,
  onProgress: OnProgress,
): Promise<MirroredListing<Item>> {
  // What moves from one page to another while they are read is listed twice.
  const items = new Map<string, Item>();
  let verdict: ListingVerdict | null = null;
  for await (const page of pages) {
    for (const item of page.items) items.set(item.id, item);
    verdict = page.verdict;
    onProgress(items.size, page.total);
  }
  const unclean = verdict === null ? 'it ended without its last page' : verdict.clean ? null : verdict.reason;
  return { items: [...items.values()], unclean };
}
