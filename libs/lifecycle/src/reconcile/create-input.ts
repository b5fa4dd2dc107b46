import type { InstanceRecord } from '@app/instance-store';
import type { CreateInstanceInput } from '@app/novita-client';
import { nameAtProvider } from '../marker.js';

/** The create call for a record: all of its spec, under the name that carries its marker. */
export function createInputOf({ name, marker, spec }: InstanceRecord): CreateInstanceInput {
  return {
    name: nameAtProvider(name, marker),
    kind: 'gpu',
    productId: spec.productId,
    gpuNum: spec.gpuNum,
    rootfsSize: spec.rootfsSize,
    imageUrl: spec.image,
    billingMode: spec.billingMode,
    ports: spec.ports.map(({ port, protocol }) => ({ port, type: protocol })),
    envs: spec.envs,
    tools: spec.tools.map(({ name, port, protocol }) => ({ name, port, type: protocol })),
    networkStorages: spec.networkStorages,
    ...(spec.imageAuthId === null ? {} : { imageAuthId: spec.imageAuthId }),
    ...(spec.command === null ? {} : { command: spec.command }),
    ...(spec.entrypoint === null ? {} : { entrypoint: spec.entrypoint }),
    ...(spec.clusterId === null ? {} : { clusterId: spec.clusterId }),
    ...(spec.minCudaVersion === null ? {} : { minCudaVersion: spec.minCudaVersion }),
    // A subscription is bought for the shortest time there is.
    ...(spec.billingMode === 'monthly' ? { months: 1 } : {}),
  };
}
