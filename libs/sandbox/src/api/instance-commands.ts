import type { InstanceRecord, VolumeSpec } from '../world/instance-record.js';
import type { Target } from '../world/interference.js';
import { readEnvs } from './create-instance.js';
import { objects, optionalFlag, optionalInteger, optionalText, requiredObject, requiredText } from './fields.js';
import { type Answer, type ApiContext, type ApiRequest, findInstance, json } from './operation.js';
import { checkTogether, readPortObjects } from './ports.js';
import { balanceNotEnough, insufficientResource, invalidParameter, notFound, Refusal } from './refusal.js';

/** Not guaranteed: what was free when the instance stopped may be gone. */
export function startInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  world.require(record, 'start');
  const target = targetOf(record);
  if (world.interference.outOfBalance('startInstance', target)) throw balanceNotEnough();
  const { productId, clusterId, gpuNum } = record.spec;
  if (world.interference.outOfStock('startInstance', target)) throw insufficientResource();
  if (!world.stock.take(productId, clusterId, gpuNum)) throw insufficientResource();
  record.stockHeld = gpuNum;
  world.start(record, world.interference.startFailure('startInstance', target));
  return state(record);
}

export function stopInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  world.stop(record);
  return state(record);
}

export function restartInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  world.restart(record);
  return state(record);
}

/** In any state, but a subscription that is still running cannot be given back. */
export function deleteInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  if (record.status === 'removed') throw notFound('instance');
  if (record.spec.billingMode === 'monthly' && record.endsAt > world.clock.realNow()) {
    throw new Refusal(400, 'PREPAID_INSTANCE_NOT_SUPPORT_RELEASE', 'prepaid instance does not support release');
  }
  world.remove(record);
  return json({});
}

export function migrateInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  world.require(record, 'migrate');
  const target = targetOf(record);
  if (world.interference.outOfStock('migrateInstance', target)) {
    throw new Refusal(400, 'MIGRATE_INSUFFICIENT_RESOURCE', 'insufficient resource to migrate');
  }
  const failure = world.interference.startFailure('migrateInstance', target);
  if (world.interference.migratesElsewhere('migrateInstance', target)) {
    return json({ newInstanceId: world.migrateElsewhere(record, failure).id });
  }
  world.migrate(record, failure);
  return json({});
}

/** Ports come as objects here and replace all; the disk only grows. */
export function editInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const record = subject(request, world);
  const { spec } = record;
  const ports = request.body['ports'] === undefined ? spec.ports : readPortObjects(request.body);
  checkTogether(ports, spec.tools);
  const rootfsSize = spec.rootfsSize + (optionalInteger(request.body, 'expandRootDisk', { min: 0 }) ?? 0);
  if (rootfsSize > spec.maxRootfsSize) throw invalidParameter(`root disk must be at most ${spec.maxRootfsSize}`);
  world.edit(record, { ...spec, ports, rootfsSize });
  return json({});
}

/** Not a change of product: image, command, envs and network volumes, all sent in full. */
export function upgradeInstance(request: ApiRequest, { world }: ApiContext): Answer {
  const { body } = request;
  const record = subject(request, world);
  const imageUrl = requiredText(body, 'imageUrl', { max: 500 });
  const imageAuthId = optionalText(body, 'imageAuthId') ?? '';
  if (imageAuthId !== '' && !world.account.registryAuths.has(imageAuthId)) throw notFound('image auth');
  if (body['envs'] === undefined) throw invalidParameter('envs is required');
  if (optionalFlag(body, 'save') === null) throw invalidParameter('save is required');
  const command = requiredText(body, 'command', { min: 0, max: 2_047 });
  const entrypoint = optionalText(body, 'entrypoint', { max: 2_047 }) ?? '';
  const mounts = objects(requiredObject(body, 'networkVolume'), 'volumeMounts', 30).map((item): VolumeSpec => {
    const id = requiredText(item, 'id');
    const storage = world.account.networkStorages.get(id);
    if (storage === undefined) throw notFound('network storage', 'NETWORK_STORAGE_NOT_FOUND');
    const mountPath = optionalText(item, 'mountPath', { min: 1, max: 4_095 }) ?? '/network';
    return { type: 'network', id, mountPath, sizeGb: storage.storageSize };
  });
  const volumes = [...record.spec.volumes.filter(({ type }) => type === 'local'), ...mounts];
  const envs = readEnvs(body);
  world.upgrade(record, { ...record.spec, imageUrl, imageAuthId, envs, command, entrypoint, volumes });
  return json({});
}

export function subject({ body }: ApiRequest, world: ApiContext['world']): InstanceRecord {
  return findInstance(world, requiredText(body, 'instanceId'));
}

function targetOf(record: InstanceRecord): Target {
  return { instanceId: record.id, name: record.name, productId: record.spec.productId };
}

/** Observed on start and stop. */
function state(record: InstanceRecord): Answer {
  return json({ instanceId: record.id, state: record.status });
}
