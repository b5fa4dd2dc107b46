import type { Timestamp } from '@app/platform';
import type {
  CreateInstanceInput,
  NovitaBalance,
  NovitaBillingMode,
  NovitaCluster,
  NovitaCpuProduct,
  NovitaEndpoint,
  NovitaGpuProduct,
  NovitaInstance,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaJob,
  NovitaNetworkStorage,
  NovitaPortType,
  NovitaRegistryAuth,
  NovitaTemplate,
} from './novita-types.js';

export interface CallOptions {
  /** Ends the call, its waits for a turn and its retries. */
  readonly signal?: AbortSignal;
  /**
   * Urgent calls (they end a bill) are served before interactive ones (a person waits), and these before background
   * ones; none is starved by those above it. Default: `background`.
   */
  readonly priority?: 'urgent' | 'interactive' | 'background';
}

/** Something in an answer that could not be read and was left out. */
export interface MalformedItem {
  /** Its place, such as `instances[3].status`. */
  readonly path: string;
  readonly reason: string;
}

/**
 * What a finished listing is worth. Only a clean one may prove that something is absent: the total was the same on
 * every page, the distinct ids equal it, and nothing was malformed.
 */
export interface ListingVerdict {
  readonly clean: boolean;
  /** Why it is not clean; null when it is. */
  readonly reason: string | null;
  /** When the first request went out. */
  readonly startedAt: Timestamp;
  readonly total: number;
  readonly distinct: number;
  readonly pages: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly malformed: readonly MalformedItem[];
  /** 0 for the first. */
  readonly index: number;
  /** On the last page only, else null. */
  readonly verdict: ListingVerdict | null;
}

/** One instance of a page as it was sent, not read yet. */
export interface ListedInstance {
  readonly id: NovitaInstanceId;
  /** Stands for exactly the bytes that were sent of it: equal pictures, equal content. Some 30 characters. */
  readonly picture: string;
  /** Reads it. What cannot be read makes the listing as unclean as if it had been left out. */
  read(): NovitaInstance | MalformedItem;
}

export interface ScanOptions extends CallOptions {
  /** Pages fetched side by side after the first; default 1. */
  readonly concurrency?: number;
}

export interface InstanceFilter {
  /** Part of the name. */
  readonly name?: string;
  readonly status?: string;
  /** Pages fetched side by side after the first; default 1. */
  readonly concurrency?: number;
}

export interface GpuProductFilter {
  readonly clusterId?: string;
  readonly productName?: string;
  readonly billingMode?: NovitaBillingMode;
}

export interface Edit {
  /** Replaces all ports. */
  readonly ports?: readonly { readonly port: number; readonly type: NovitaPortType }[];
  /** GB to add. */
  readonly expandRootDisk?: number;
}

/**
 * Novita's GPU API, version 1. Answers are parsed; every failure is a `NovitaError` that says whether a retry can help.
 * Reads are retried within the call; commands and creates are sent once.
 */
export abstract class NovitaApi {
  abstract listClusters(options?: CallOptions): Promise<readonly NovitaCluster[]>;
  abstract listGpuProducts(filter?: GpuProductFilter, options?: CallOptions): Promise<readonly NovitaGpuProduct[]>;
  abstract listCpuProducts(options?: CallOptions): Promise<readonly NovitaCpuProduct[]>;

  /** Pages one after the other; the last carries the verdict. */
  abstract listInstances(filter?: InstanceFilter, options?: CallOptions): AsyncIterable<Page<NovitaInstance>>;
  /**
   * The same pages for a caller that knows most of them already: an item is read only when it is asked for. The verdict
   * cannot tell of items that nobody has read.
   */
  abstract scanInstances(options?: ScanOptions): AsyncIterable<Page<ListedInstance>>;
  /** @throws NovitaNotFoundError */
  abstract getInstance(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance>;
  abstract createInstance(
    input: CreateInstanceInput,
    options?: CallOptions,
  ): Promise<{ readonly id: NovitaInstanceId }>;
  abstract editInstance(id: NovitaInstanceId, edit: Edit, options?: CallOptions): Promise<void>;
  abstract startInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  abstract stopInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  abstract restartInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  abstract deleteInstance(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  abstract migrateInstance(
    id: NovitaInstanceId,
    options?: CallOptions,
  ): Promise<{ readonly newInstanceId: NovitaInstanceId | null }>;

  abstract listJobs(options?: CallOptions): AsyncIterable<Page<NovitaJob>>;
  abstract listTemplates(
    filter?: { readonly name?: string; readonly channel?: string },
    options?: CallOptions,
  ): AsyncIterable<Page<NovitaTemplate>>;
  /** @throws NovitaNotFoundError */
  abstract getTemplate(id: string, options?: CallOptions): Promise<NovitaTemplate>;
  abstract listRegistryAuths(options?: CallOptions): Promise<readonly NovitaRegistryAuth[]>;
  abstract listNetworkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>>;
  abstract listEndpoints(options?: CallOptions): AsyncIterable<Page<NovitaEndpoint>>;

  abstract getInstanceMetrics(
    id: NovitaInstanceId,
    range?: { readonly from: Timestamp; readonly to: Timestamp; readonly intervalSeconds: number },
    options?: CallOptions,
  ): Promise<NovitaInstanceMetrics>;
  abstract getBalance(options?: CallOptions): Promise<NovitaBalance>;
}
