import { findCluster } from '../catalogue/clusters.js';
import { type NetworkStorage, STORAGE_PRICE } from '../world/account.js';
import type { World } from '../world/world.js';
import { type Json, optionalText, requiredInteger, requiredText } from './fields.js';
import { listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { invalidParameter, notFound, Refusal } from './refusal.js';

/** GB. */
const SMALLEST = 10;

/** This list calls its page number `pageNo`. */
export function listNetworkStorages({ query }: ApiRequest, { world }: ApiContext): Answer {
  const name = (query.get('storageName') ?? '').toLowerCase();
  const id = query.get('storageId') ?? '';
  const storages = [...world.account.networkStorages.values()].filter(
    (storage) => storage.storageName.toLowerCase().includes(name) && (id === '' || storage.storageId === id),
  );
  return list(listingOf('data', storages, readWindow(query, 'pageNo', 'both')));
}

/** The documents say that the answer is a bare JSON string; one client needs the storage: an option chooses. */
export function createNetworkStorage({ body }: ApiRequest, { world, storageCreateAnswer }: ApiContext): Answer {
  const clusterId = requiredText(body, 'clusterId');
  const cluster = findCluster(clusterId);
  if (cluster === undefined) throw notFound('cluster');
  if (!cluster.supportNetworkStorage) {
    throw new Refusal(400, 'CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT', 'cluster does not support network storage');
  }
  const storage: NetworkStorage = {
    storageId: world.random.uuid(),
    storageName: requiredText(body, 'storageName'),
    storageSize: requiredInteger(body, 'storageSize', { min: SMALLEST }),
    clusterId: cluster.id,
    clusterName: cluster.name,
    price: STORAGE_PRICE,
  };
  world.account.networkStorages.set(storage.storageId, storage);
  return json(storageCreateAnswer === 'string' ? storage.storageId : storage);
}

/** It only grows; the name may be left out. */
export function updateNetworkStorage({ body }: ApiRequest, { world }: ApiContext): Answer {
  const storage = findStorage(world, body);
  const storageSize = sizeOf(body);
  if (storageSize < storage.storageSize) throw invalidParameter('storageSize cannot shrink');
  const storageName = optionalText(body, 'storageName', { min: 1 }) ?? storage.storageName;
  world.account.networkStorages.set(storage.storageId, { ...storage, storageName, storageSize });
  return json({});
}

export function deleteNetworkStorage({ body }: ApiRequest, { world }: ApiContext): Answer {
  const { storageId } = findStorage(world, body);
  const users = world.fleet.filter(({ spec }) => spec.volumes.some((volume) => volume.id === storageId));
  if (users.length > 0) throw new Refusal(400, 'NETWORK_STORAGE_IN_USE', 'network storage is in use');
  world.account.networkStorages.delete(storageId);
  return json({});
}

/** The documents type it as a string, clients send a number. */
function sizeOf(body: Json): number {
  const value = body['storageSize'];
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : requiredInteger(body, 'storageSize');
}

function findStorage(world: World, body: Json): NetworkStorage {
  const storage = world.account.networkStorages.get(requiredText(body, 'storageId'));
  if (storage === undefined) throw notFound('network storage', 'NETWORK_STORAGE_NOT_FOUND');
  return storage;
}
