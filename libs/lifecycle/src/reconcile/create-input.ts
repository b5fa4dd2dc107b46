import { type InstanceRecord, nameAtProvider } from '@app/instance-store';
import type { CreateInstanceInput } from '@app/novita-client';

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
    ...(spec.ports.length === 0 ? {} : { ports: spec.ports.map(({ port, protocol }) => ({ port, type: protocol })) }),
    ...(spec.envs.length === 0 ? {} : { envs: spec.envs }),
    ...(spec.tools.length === 0
      ? {}
      : { tools: spec.tools.map(({ protocol, ...tool }) => ({ ...tool, type: protocol })) }),
    ...(spec.networkStorages.length === 0 ? {} : { networkStorages: spec.networkStorages }),
    ...(spec.imageAuthId === null ? {} : { imageAuthId: spec.imageAuthId }),
    ...(spec.command === null ? {} : { command: spec.command }),
    ...(spec.entrypoint === null ? {} : { entrypoint: spec.entrypoint }),
    ...(spec.clusterId === null ? {} : { clusterId: spec.clusterId }),
    ...(spec.minCudaVersion === null ? {} : { minCudaVersion: spec.minCudaVersion }),
    // A subscription is bought for the shortest time there is.
    ...(spec.billingMode === 'monthly' ? { months: 1 } : {}),
  };
}
