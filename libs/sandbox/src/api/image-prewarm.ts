import { findCluster } from '../catalogue/clusters.js';
import { clustersOf, GPU_PRODUCTS } from '../catalogue/gpu-products.js';
import type { PrewarmTask } from '../world/account.js';
import type { World } from '../world/world.js';
import { optionalText, requiredText, texts } from './fields.js';
import { listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { notFound, Refusal } from './refusal.js';

/** The provider's defaults. */
const MOST_AT_ONCE = 5;
const LARGEST_IMAGE_GB = 100;

export function getPrewarmQuota(_request: ApiRequest, { world }: ApiContext): Answer {
  return json({ total: world.account.prewarmTasks.size, limit: MOST_AT_ONCE, perImageSize: LARGEST_IMAGE_GB });
}

/** This list calls its page number `page`. */
export function listPrewarm({ query }: ApiRequest, { world }: ApiContext): Answer {
  const wanted = { state: query.get('state') ?? '', clusterId: query.get('clusterId') ?? '' };
  const name = (query.get('name') ?? '').toLowerCase();
  const tasks = [...world.account.prewarmTasks.values()]
    .map((task) => taskJson(task, world))
    .filter(
      (task) =>
        (wanted.state === '' || task.state === wanted.state) &&
        (wanted.clusterId === '' || task.clusterId === wanted.clusterId) &&
        (task.imageName.toLowerCase().includes(name) || task.note.toLowerCase().includes(name)),
    );
  return list(listingOf('data', tasks, readWindow(query, 'page', 'both')));
}

export function createPrewarm({ body }: ApiRequest, { world }: ApiContext): Answer {
  const clusterId = requiredText(body, 'clusterId');
  const cluster = findCluster(clusterId);
  if (cluster === undefined) throw notFound('cluster');
  const busy = [...world.account.prewarmTasks.values()].filter(({ doneAt }) => doneAt > world.clock.now()).length;
  if (busy >= MOST_AT_ONCE) throw new Refusal(400, 'OPERATION_LIMIT', 'too many prewarm tasks');
  const productIds = texts(body, 'productIds', 100);
  const offered = GPU_PRODUCTS.filter((product) => clustersOf(product).includes(cluster));
  const chosen = productIds.length === 0 ? offered : offered.filter(({ id }) => productIds.includes(id));
  if (chosen.length < productIds.length) throw notFound('product');
  const task: PrewarmTask = {
    id: world.random.alphanumeric(16),
    imageUrl: requiredText(body, 'imageUrl', { max: 500 }),
    repositoryAuth: optionalText(body, 'repositoryAuth') ?? '',
    clusterId: cluster.id,
    clusterName: cluster.name,
    products: chosen.map((product) => ({ productId: product.id, productName: product.name })),
    note: optionalText(body, 'note') ?? '',
    createTime: Math.floor(world.clock.realNow() / 1_000),
    doneAt: world.clock.now() + world.settings.timing.prewarmMs,
  };
  world.account.prewarmTasks.set(task.id, task);
  return json({ id: task.id });
}

export function editPrewarm({ body }: ApiRequest, { world }: ApiContext): Answer {
  const task = world.account.prewarmTasks.get(requiredText(body, 'id'));
  if (task === undefined) throw notFound('prewarm task');
  world.account.prewarmTasks.set(task.id, { ...task, note: optionalText(body, 'note') ?? task.note });
  return json({});
}

export function deletePrewarm({ body }: ApiRequest, { world }: ApiContext): Answer {
  for (const id of texts(body, 'ids', 1_000)) {
    if (!world.account.prewarmTasks.delete(id)) throw notFound('prewarm task');
  }
  return json({});
}

function taskJson(task: PrewarmTask, world: World) {
  const { doneAt, createTime, ...rest } = task;
  const done = doneAt <= world.clock.now();
  return {
    ...rest,
    imageName: task.imageUrl.split('/').at(-1)?.split(':')[0] ?? '',
    imageSize: done ? '8589934592' : '0',
    createTime: String(createTime),
    state: done ? 'Succeeded' : 'Running',
    completeTime: done ? String(Math.floor(world.clock.realTimeOf(doneAt) / 1_000)) : '0',
    reason: [],
  };
}
