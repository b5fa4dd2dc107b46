import type { NovitaInstance, NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';

/** An instance as the provider lists it; every member that the test does not give is empty. */
export function aNovitaInstance(overrides: Partial<NovitaInstance> = {}): NovitaInstance {
  return {
    id: 'n0000000000000001' as NovitaInstanceId,
    name: 'instance',
    status: 'running',
    statusError: null,
    clusterId: null,
    clusterName: null,
    productId: null,
    productName: null,
    gpuNum: 1,
    cpuNum: null,
    memoryGb: null,
    rootfsSize: null,
    imageUrl: null,
    imageAuthId: null,
    command: null,
    entrypoint: null,
    templateId: null,
    envs: [],
    kind: 'gpu',
    billingMode: 'onDemand',
    portMappings: [],
    volumeMounts: [],
    usdPerHour: null,
    createdAt: timestampFromMs(Date.UTC(2026, 0, 1)),
    lastStartedAt: null,
    lastStoppedAt: null,
    endsAt: null,
    spotStatus: null,
    spotReclaimAt: null,
    ssh: null,
    jupyterUrl: null,
    webTerminal: null,
    ...overrides,
  };
}
