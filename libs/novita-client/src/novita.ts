import type { Timestamp } from '@app/platform';
import type {
  CreateInstanceInput,
  NovitaBalance,
  NovitaBillingMode,
  NovitaBillLine,
  NovitaCluster,
  NovitaCpuProduct,
  NovitaEndpoint,
  NovitaGpuProduct,
  NovitaInstance,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaJob,
  NovitaJobType,
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
  /** Of exactly the bytes that were sent of it: equal digests, equal content. Some 30 characters. */
  readonly digest: string;
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

export interface TemplateFilter {
  readonly name?: string;
  readonly channel?: string;
}

export interface JobFilter {
  readonly type?: NovitaJobType;
  /** Those that were begun at this time or later; Novita counts in whole seconds. */
  readonly since?: Timestamp;
}

export interface Edit {
  /** Replaces all ports. */
  readonly ports?: readonly { readonly port: number; readonly type: NovitaPortType }[];
  /** GB to add. */
  readonly expandRootDisk?: number;
}

/** Whole days of UTC, at most 31. */
export interface BillRange {
  readonly from: Timestamp;
  /** The moment after it. */
  readonly to: Timestamp;
}

/** What the account was charged for instances that are paid by use; subscriptions are billed elsewhere. */
export interface UsageBill {
  /** By instance and day; an instance may have several lines a day. */
  readonly lines: readonly NovitaBillLine[];
  /** Lines of which neither instance nor time can be read. */
  readonly unreadable: readonly MalformedItem[];
}

/** The range of a measurement. */
export interface MetricsRange {
  readonly from: Timestamp;
  readonly to: Timestamp;
  /** More than 15; Novita replaces what it does not accept by its own default, without a word. */
  readonly intervalSeconds: number;
}

/** Instances of GPUs: everything below `/gpu/instance`. */
export interface InstancesResource {
  /** Pages one after the other; the last carries the verdict. */
  list(filter?: InstanceFilter, options?: CallOptions): AsyncIterable<Page<NovitaInstance>>;
  /**
   * The same pages for a caller that knows most of the instances already: an item is parsed only when it is asked for.
   * The verdict does not cover items that nobody has read.
   */
  scan(options?: ScanOptions): AsyncIterable<Page<ListedInstance>>;
  /** @throws NovitaNotFoundError */
  get(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance>;
  create(input: CreateInstanceInput, options?: CallOptions): Promise<{ readonly id: NovitaInstanceId }>;
  edit(id: NovitaInstanceId, edit: Edit, options?: CallOptions): Promise<void>;
  start(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  stop(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  restart(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  delete(id: NovitaInstanceId, options?: CallOptions): Promise<void>;
  /** Moves a reclaimed spot instance; `account.jobs` lists how it goes on. */
  migrate(id: NovitaInstanceId, options?: CallOptions): Promise<{ readonly newInstanceId: NovitaInstanceId | null }>;
  /** @throws NovitaNotFoundError */
  metrics(id: NovitaInstanceId, range?: MetricsRange, options?: CallOptions): Promise<NovitaInstanceMetrics>;
}

/** What an instance can be made of: places, machines, templates, registry logins, volumes. */
export interface CatalogueResource {
  clusters(options?: CallOptions): Promise<readonly NovitaCluster[]>;
  gpuProducts(filter?: GpuProductFilter, options?: CallOptions): Promise<readonly NovitaGpuProduct[]>;
  cpuProducts(options?: CallOptions): Promise<readonly NovitaCpuProduct[]>;
  templates(filter?: TemplateFilter, options?: CallOptions): AsyncIterable<Page<NovitaTemplate>>;
  /** @throws NovitaNotFoundError */
  template(id: string, options?: CallOptions): Promise<NovitaTemplate>;
  registryAuths(options?: CallOptions): Promise<readonly NovitaRegistryAuth[]>;
  networkStorages(options?: CallOptions): AsyncIterable<Page<NovitaNetworkStorage>>;
}

/** What else the account has: money, jobs that run for it, serverless endpoints. */
export interface AccountResource {
  balance(options?: CallOptions): Promise<NovitaBalance>;
  usageBill(range: BillRange, options?: CallOptions): Promise<UsageBill>;
  jobs(filter?: JobFilter, options?: CallOptions): AsyncIterable<Page<NovitaJob>>;
  endpoints(options?: CallOptions): AsyncIterable<Page<NovitaEndpoint>>;
}

/**
 * Novita's GPU API, version 1. Answers are parsed; every failure is a `NovitaError` that says whether a retry can help.
 * Reads are retried within the call; commands and creates are sent once. A call whose signal is aborted rejects with the
 * signal's reason; what it had sent may take effect.
 */
export class Novita {
  constructor(
    readonly instances: InstancesResource,
    readonly catalogue: CatalogueResource,
    readonly account: AccountResource,
  ) {}
}
