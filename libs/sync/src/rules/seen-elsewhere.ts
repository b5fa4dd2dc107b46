import type { InstanceSpec, InstanceTimestamps } from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import type { Timestamp } from '@app/platform';

/** The provider allows 255 characters; a marker stands at the end of them. */
const MAX_NAME = 255;

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
 * What an instance that was made elsewhere must have been ordered with, as far as it shows.
 *
 * @param known kept where the item is silent
 */
export function seenSpec(item: NovitaInstance, known: InstanceSpec = NOTHING_KNOWN): InstanceSpec {
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
    envs: item.envs,
    command: item.command ?? known.command,
    entrypoint: item.entrypoint ?? known.entrypoint,
    templateId: item.templateId ?? known.templateId,
    networkStorages: item.volumeMounts.flatMap(({ type, id, mountPath }) =>
      type === 'network' && id !== null ? [{ id, mountPoint: mountPath ?? '' }] : [],
    ),
    billingMode: item.billingMode ?? known.billingMode,
  };
}

/** The name at the provider, marker and all, fit for one line; the id when there is none. */
export function seenName(item: NovitaInstance): string {
  const name = item.name
    .slice(0, MAX_NAME)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed();
  return name === '' ? item.id : name;
}

/**
 * The times that the provider tells. A stop before the latest start belongs to another run.
 *
 * @param created used when the provider tells none
 */
export function seenTimestamps(item: NovitaInstance, created: Timestamp): InstanceTimestamps {
  const { lastStartedAt: started, lastStoppedAt: stopped } = item;
  const stoppedSince = stopped !== null && (started === null || stopped >= started);
  return {
    created: item.createdAt ?? created,
    ...(started === null ? {} : { started }),
    ...(stoppedSince ? { stopped } : {}),
  };
}
