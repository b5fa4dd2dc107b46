/**
 * An observation of an instance at the provider, in the words of our records: its price, status, specification, name,
 * times and connections. Pure; what becomes of a record is decided in `merge.ts`, `adopt.ts` and `missing.ts`.
 */
import {
  type DesiredState,
  type InstanceConnection,
  type InstanceSpec,
  type InstanceStatus,
  type InstanceTimestamps,
  type PortMapping,
  type SpotState,
  spotAfter,
  TOKEN_VARIABLE,
} from '@app/instance-store';
import { type NovitaInstance, type NovitaPortMapping, type ProviderPhase, phaseOf } from '@app/novita-client';
import type { Timestamp } from '@app/platform';

/** How and when an instance was observed at the provider. */
export interface Observation {
  /** When the request began, not when it ended: a later change may be missing from it. */
  readonly at: Timestamp;
  readonly source: 'list' | 'get';
  readonly prices: PriceBook;
}

/** USD per hour of an instance by its product; null when nobody knows. */
export interface PriceBook {
  usdPerHour(what: {
    readonly productId: string | null;
    readonly productName: string | null;
    readonly gpuNum: number;
    readonly billingMode: string | null;
  }): number | null;
}

/** The price that the provider states for the instance, or else that of its product; null when neither is known. */
export function usdPerHourOf(item: NovitaInstance, prices: PriceBook): number | null {
  const { productId, productName, gpuNum, billingMode } = item;
  return item.usdPerHour ?? prices.usdPerHour({ productId, productName, gpuNum: gpuNum ?? 1, billingMode });
}

/** Our words for an instance of which only the provider's word is known. */
interface Activity {
  readonly status: InstanceStatus;
  /** The desired state that leads to this activity. */
  readonly desired: DesiredState;
}

const ACTIVITIES: Readonly<Record<ProviderPhase, Activity>> = {
  accepted: { status: 'starting', desired: 'running' },
  'coming-up': { status: 'starting', desired: 'running' },
  up: { status: 'running', desired: 'running' },
  restarting: { status: 'restarting', desired: 'running' },
  migrating: { status: 'migrating', desired: 'running' },
  'going-down': { status: 'stopping', desired: 'stopped' },
  down: { status: 'stopped', desired: 'stopped' },
  removing: { status: 'deleting', desired: 'deleted' },
  gone: { status: 'deleting', desired: 'deleted' },
  // In doubt the instance runs, and costs money.
  unknown: { status: 'running', desired: 'running' },
};

export function describeActivity(phase: ProviderPhase): Activity {
  return ACTIVITIES[phase];
}

const NOTHING_KNOWN: InstanceSpec = {
  productId: '',
  productName: '',
  gpuNum: 0,
  rootfsSize: 0,
  region: null,
  clusterId: null,
  image: '',
  imageAuthId: null,
  ports: [],
  tools: [],
  envs: [],
  command: null,
  entrypoint: null,
  templateId: null,
  networkStorages: [],
  billingMode: 'onDemand',
  minCudaVersion: null,
  fallbacks: [],
};

/**
 * The specification with which an instance that was made elsewhere must have been ordered, as far as it shows.
 *
 * @param known kept where the item is silent
 */
export function observedSpec(item: NovitaInstance, known: InstanceSpec = NOTHING_KNOWN): InstanceSpec {
  return {
    ...known,
    productId: item.productId ?? known.productId,
    productName: item.productName ?? known.productName,
    gpuNum: item.gpuNum ?? known.gpuNum,
    rootfsSize: item.rootfsSize ?? known.rootfsSize,
    region: item.clusterName ?? known.region,
    clusterId: item.clusterId ?? known.clusterId,
    image: item.imageUrl ?? known.image,
    imageAuthId: item.imageAuthId ?? known.imageAuthId,
    ports: item.portMappings.map(({ port, type }) => ({ port, protocol: type })),
    // Only its hash may be stored.
    envs: item.envs.filter(({ key }) => key !== TOKEN_VARIABLE),
    command: item.command ?? known.command,
    entrypoint: item.entrypoint ?? known.entrypoint,
    templateId: item.templateId ?? known.templateId,
    networkStorages: item.volumeMounts.flatMap(({ type, id, mountPath }) =>
      type === 'network' && id !== null ? [{ id, mountPoint: mountPath ?? '' }] : [],
    ),
    billingMode: item.billingMode ?? known.billingMode,
  };
}

/** @param at when the observation began */
export function observedSpot(item: NovitaInstance, known: SpotState | null, at: Timestamp): SpotState | null {
  return spotAfter(known, { status: item.spotStatus, reclaimAt: item.spotReclaimAt }, at);
}

/** The provider allows 255 characters; a marker stands at the end of them. */
const MAX_NAME = 255;

/** The name at the provider, marker and all, fit for one line; the id when there is none. */
export function observedName(item: NovitaInstance): string {
  const name = item.name
    .slice(0, MAX_NAME)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed();
  return name === '' ? item.id : name;
}

/**
 * The times that the provider states. A stop before the latest start belongs to an earlier period of running.
 *
 * @param created used when the provider states none
 */
export function observedTimestamps(item: NovitaInstance, created: Timestamp): InstanceTimestamps {
  const { lastStartedAt: started, lastStoppedAt: stopped } = item;
  const stoppedSince = stopped !== null && (started === null || stopped >= started);
  return {
    created: item.createdAt ?? created,
    ...(started === null ? {} : { started }),
    ...(stoppedSince ? { stopped } : {}),
  };
}

/**
 * The ways to reach an instance. Items of a listing do not carry every connection, nor, by the provider's documents,
 * the addresses of the ports.
 *
 * @param known kept where a listing is silent; null when the answer is complete, as that of a GET is
 */
export function observedConnection(item: NovitaInstance, known: InstanceConnection | null): InstanceConnection {
  const endpoints = known !== null && phaseOf(item.status) === 'up' ? known.portMappings : [];
  return {
    ssh: item.ssh ?? known?.ssh ?? null,
    jupyter: item.jupyterUrl ?? known?.jupyter ?? null,
    webTerminal: item.webTerminal ?? known?.webTerminal ?? null,
    portMappings: item.portMappings.map((mapping) => withEndpoint(mapping, endpoints)),
  };
}

function withEndpoint(mapping: NovitaPortMapping, known: readonly PortMapping[]): PortMapping {
  if (mapping.endpoint !== null) return mapping;
  const same = known.find(({ port, type }) => port === mapping.port && type === mapping.type);
  return same ?? mapping;
}
