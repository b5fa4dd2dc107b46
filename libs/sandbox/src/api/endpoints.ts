import { GPU_PRODUCTS } from '../catalogue/gpu-products.js';
import type { ServerlessEndpoint } from '../world/account.js';
import type { World } from '../world/world.js';
import { isJsonObject, type Json, objects, optionalText, requiredObject, requiredText } from './fields.js';
import { listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { invalidParameter, notFound } from './refusal.js';

export function getEndpointLimits(): Answer {
  return json({
    minRootfsSize: 100,
    maxRootfsSize: 100,
    freeRootfsSize: 100,
    minLocalVolumeSize: 30,
    maxLocalVolumeSize: 30,
    freeLocalVolumeSize: 30,
    minWorkerNum: 0,
    maxWorkerNum: 10,
    minFreeTimeout: 1,
    maxFreeTimeout: 3_600,
    minConcurrencyNum: 1,
    maxConcurrencyNum: 100,
    minQueueWaitTime: 1,
    maxQueueWaitTime: 3_600,
    minRequestNum: 1,
    maxRequestNum: 1_000,
    minGPUNum: 1,
    maxGPUNum: 8,
    cudaVersionList: ['11.8', '12.1', '12.4', '12.8'],
  });
}

export function listEndpoints({ query }: ApiRequest, { world, firstPage }: ApiContext): Answer {
  const endpoints = [...world.account.endpoints.values()].map(endpointJson);
  return list(listingOf('endpoints', endpoints, readWindow(query, 'pageNum', firstPage)));
}

export function getEndpoint({ query }: ApiRequest, { world }: ApiContext): Answer {
  return json(endpointJson(findEndpoint(world, query.get('id') ?? '')));
}

export function createEndpoint({ body }: ApiRequest, { world }: ApiContext): Answer {
  const settings = readSettings(requiredObject(body, 'endpoint'));
  const id = world.random.alphanumeric(16);
  const appName = settings['appName'] || id;
  world.account.endpoints.set(id, { id, settings: { ...settings, appName } });
  return json({ id, endpoint_id: id });
}

/** Flat, unlike create. */
export function updateEndpoint({ body }: ApiRequest, { world }: ApiContext): Answer {
  const { id } = findEndpoint(world, requiredText(body, 'id'));
  world.account.endpoints.set(id, { id, settings: readSettings(body) });
  return json({});
}

/** The body's key is `name`, its value the id. */
export function deleteEndpoint({ body }: ApiRequest, { world }: ApiContext): Answer {
  const { id } = findEndpoint(world, requiredText(body, 'name'));
  world.account.endpoints.delete(id);
  return json({});
}

const KEPT_KEYS = [
  'name',
  'appName',
  'workerConfig',
  'ports',
  'policy',
  'image',
  'products',
  'rootfsSize',
  'volumeMounts',
  'clusterID',
  'envs',
  'healthy',
];

function readSettings(input: Json): Json {
  optionalText(input, 'name', { max: 220 });
  for (const key of ['workerConfig', 'policy', 'image', 'healthy']) requiredObject(input, key);
  const image = input['image'];
  if (isJsonObject(image)) requiredText(image, 'image', { max: 511 });
  if (objects(input, 'ports', 1).length !== 1) throw invalidParameter('ports must be exactly one');
  const products = objects(input, 'products', 100);
  if (products.length === 0) throw invalidParameter('products is required');
  for (const product of products) {
    const id = requiredText(product, 'id');
    if (!GPU_PRODUCTS.some((candidate) => candidate.id === id)) {
      throw notFound('serverless product', 'SERVERLESS_PRODUCT_NOT_FOUND');
    }
  }
  return Object.fromEntries(KEPT_KEYS.filter((key) => input[key] !== undefined).map((key) => [key, input[key]]));
}

function endpointJson({ id, settings }: ServerlessEndpoint) {
  return {
    id,
    endpoint_id: id,
    ...settings,
    url: `https://${id}.sandbox.invalid`,
    state: { state: 'serving', error: '', message: '' },
    workers: [],
    log: '',
  };
}

function findEndpoint(world: World, id: string): ServerlessEndpoint {
  const endpoint = world.account.endpoints.get(id);
  if (endpoint === undefined) throw notFound('endpoint', 'SERVERLESS_ENDPOINT_NOT_FOUND');
  return endpoint;
}
