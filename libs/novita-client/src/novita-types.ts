import type { Brand, Timestamp } from '@app/platform';

/** The provider's instance id: 16 hexadecimal digits today; kept as it comes. */
export type NovitaInstanceId = Brand<string, 'NovitaInstanceId'>;

/** The provider's documented states, and `pending`, which was observed live. Unknown ones are kept as text. */
export const NOVITA_STATUSES = [
  'toCreate',
  'creating',
  'pulling',
  'running',
  'toStart',
  'starting',
  'toStop',
  'stopping',
  'exited',
  'toRestart',
  'restarting',
  'toRemove',
  'removing',
  'removed',
  'toReset',
  'resetting',
  'migrating',
  'freezing',
  'pending',
] as const;
export type KnownNovitaStatus = (typeof NOVITA_STATUSES)[number];
export type NovitaStatus = KnownNovitaStatus | (string & {});

export type NovitaBillingMode = 'onDemand' | 'monthly' | 'spot';
export type NovitaPortType = 'http' | 'tcp';

export interface NovitaCluster {
  readonly id: string;
  readonly name: string;
  readonly availableGpuTypes: readonly string[];
  readonly supportsNetworkStorage: boolean;
  readonly supportsInstanceNetwork: boolean;
}

export interface NovitaGpuProduct {
  readonly id: string;
  readonly name: string;
  readonly cpuPerGpu: number;
  /** GB. */
  readonly memoryPerGpu: number;
  /** GB. */
  readonly diskPerGpu: number;
  /** False: out of stock. */
  readonly availableDeploy: boolean;
  /** GB; null when not stated. */
  readonly minRootfs: number | null;
  readonly maxRootfs: number | null;
  /** Cluster names; empty means all clusters. */
  readonly regions: readonly string[];
  /** USD per GPU and hour; null when there is no such offer. */
  readonly onDemandUsdPerHour: number | null;
  readonly spotUsdPerHour: number | null;
  /** Price in USD for that many months. */
  readonly monthly: readonly { readonly months: number; readonly usd: number }[];
  readonly billingModes: readonly NovitaBillingMode[];
  /** none, low, normal, high, or null when not stated. */
  readonly inventoryState: string | null;
}

/** A month of billing, as the provider counts it. */
const HOURS_PER_MONTH = 730;

/**
 * An hour's share of one month, in USD per GPU; null when one month is not offered. Novita also lists prices of longer
 * terms, which cost less per month: they do not apply to a machine that is bought for one.
 */
export function oneMonthUsdPerGpuHour({ monthly }: Pick<NovitaGpuProduct, 'monthly'>): number | null {
  const offer = monthly.find(({ months }) => months === 1);
  return offer === undefined ? null : offer.usd / HOURS_PER_MONTH;
}

export interface NovitaCpuProduct {
  readonly id: string;
  readonly name: string;
  readonly cpuNum: number;
  readonly memoryGb: number;
  readonly rootfsGb: number | null;
  readonly availableDeploy: boolean;
  readonly usdPerHour: number | null;
}

export interface NovitaPortMapping {
  readonly port: number;
  readonly type: NovitaPortType;
  readonly endpoint: string | null;
}

export interface NovitaEnv {
  readonly key: string;
  readonly value: string;
}

export interface NovitaInstance {
  readonly id: NovitaInstanceId;
  readonly name: string;
  readonly status: NovitaStatus;
  /** Set when creation failed or the instance is unavailable. */
  readonly statusError: { readonly state: string; readonly message: string } | null;
  readonly clusterId: string | null;
  readonly clusterName: string | null;
  readonly productId: string | null;
  readonly productName: string | null;
  readonly gpuNum: number | null;
  readonly cpuNum: number | null;
  readonly memoryGb: number | null;
  readonly rootfsSize: number | null;
  readonly imageUrl: string | null;
  readonly imageAuthId: string | null;
  readonly command: string | null;
  readonly entrypoint: string | null;
  readonly templateId: string | null;
  readonly envs: readonly NovitaEnv[];
  readonly kind: string | null;
  readonly billingMode: NovitaBillingMode | null;
  readonly portMappings: readonly NovitaPortMapping[];
  readonly volumeMounts: readonly {
    readonly type: string;
    readonly id: string | null;
    readonly mountPath: string | null;
    readonly sizeGb: number | null;
  }[];
  /** USD per hour, when the answer carries it. */
  readonly usdPerHour: number | null;
  readonly createdAt: Timestamp | null;
  readonly lastStartedAt: Timestamp | null;
  readonly lastStoppedAt: Timestamp | null;
  /** End of a subscription; null for pay-as-you-go. */
  readonly endsAt: Timestamp | null;
  /** running, notified, reclaiming, terminated; null for non-spot. */
  readonly spotStatus: string | null;
  readonly spotReclaimAt: Timestamp | null;
  readonly ssh: { readonly command: string; readonly password: string | null } | null;
  readonly jupyterUrl: string | null;
  readonly webTerminal: {
    readonly address: string;
    readonly username: string | null;
    readonly password: string | null;
  } | null;
}

/** The types of jobs by which Novita lets its list be filtered. An answer may name others. */
export type NovitaJobType = 'saveImage' | 'instanceMigrate' | 'autoInstanceMigrate';

export interface NovitaJob {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly errorMessage: string | null;
  readonly instanceId: NovitaInstanceId | null;
  readonly createdAt: Timestamp | null;
}

export interface NovitaTemplate {
  readonly id: string;
  readonly name: string;
  readonly channel: string | null;
  readonly image: string;
  readonly imageAuthId: string | null;
  readonly startCommand: string | null;
  readonly entrypoint: string | null;
  readonly rootfsSize: number | null;
  readonly ports: readonly { readonly port: number; readonly type: NovitaPortType }[];
  readonly envs: readonly NovitaEnv[];
  readonly tools: readonly { readonly name: string; readonly port: number; readonly type: NovitaPortType }[];
  readonly volumes: readonly {
    readonly type: string;
    readonly sizeGb: number | null;
    readonly mountPath: string | null;
  }[];
  readonly minCudaVersion: string | null;
}

/** A registry login; its password is never kept: the id is all that a create call needs. */
export interface NovitaRegistryAuth {
  readonly id: string;
  readonly name: string;
  readonly username: string;
}

export interface NovitaNetworkStorage {
  readonly id: string;
  readonly name: string;
  readonly sizeGb: number;
  readonly clusterId: string | null;
  readonly clusterName: string | null;
}

export interface NovitaEndpoint {
  readonly id: string;
  readonly name: string;
  readonly state: string | null;
}

export interface NovitaMetricPoint {
  readonly at: Timestamp;
  readonly value: number;
}

export interface NovitaInstanceMetrics {
  readonly cpuUtilization: readonly NovitaMetricPoint[];
  readonly memoryUtilization: readonly NovitaMetricPoint[];
  readonly diskUtilization: readonly NovitaMetricPoint[];
  readonly gpuUtilization: readonly NovitaMetricPoint[];
  readonly gpuMemoryUtilization: readonly NovitaMetricPoint[];
}

/** What an instance was charged for its use in a part of a day. */
export interface NovitaBillLine {
  readonly instanceId: NovitaInstanceId;
  readonly from: Timestamp;
  /** The last second that belongs to it, or the moment after it. */
  readonly to: Timestamp;
  /** USD, before vouchers; null when nothing on the bill shows its unit, or something on it shows another. */
  readonly amountUsd: number | null;
}

/** All in USD. */
export interface NovitaBalance {
  readonly availableUsd: number;
  readonly cashUsd: number;
  readonly creditLimitUsd: number;
  readonly outstandingUsd: number;
}

export interface CreateInstanceInput {
  readonly name: string;
  readonly kind: 'gpu';
  readonly productId: string;
  readonly gpuNum: number;
  /** GB. */
  readonly rootfsSize: number;
  readonly imageUrl: string;
  readonly imageAuthId?: string;
  readonly ports?: readonly { readonly port: number; readonly type: NovitaPortType }[];
  readonly envs?: readonly NovitaEnv[];
  readonly tools?: readonly { readonly name: string; readonly port: number; readonly type: NovitaPortType }[];
  readonly command?: string;
  readonly entrypoint?: string;
  readonly clusterId?: string;
  readonly networkStorages?: readonly { readonly id: string; readonly mountPoint: string }[];
  readonly billingMode: NovitaBillingMode;
  /** For monthly billing. */
  readonly months?: number;
  readonly minCudaVersion?: string;
}
