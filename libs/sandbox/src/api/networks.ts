import { findCluster } from '../catalogue/clusters.js';
import type { Network } from '../world/account.js';
import type { World } from '../world/world.js';
import { type Json, optionalText, requiredText } from './fields.js';
import { type Listing, listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { invalidParameter, notFound, Refusal } from './refusal.js';

/** The documents call the list `network`, a client reads `networks`: both are there. The total is a string. */
export function listNetworks({ query }: ApiRequest, { world, firstPage }: ApiContext): Answer {
  const name = (query.get('name') ?? '').toLowerCase();
  const networks = [...world.account.networks.values()]
    .filter((network) => network.name.toLowerCase().includes(name))
    .map((network) => networkJson(network, world));
  const listing: Listing = {
    ...listingOf('networks', networks, readWindow(query, 'pageNum', firstPage)),
    envelope: (items, total) => `{"network":${items},"networks":${items},"total":"${total}"}`,
  };
  return list(listing);
}

/** An array of one. */
export function getNetwork({ query }: ApiRequest, { world }: ApiContext): Answer {
  return json({ network: [networkJson(findNetwork(world, query.get('networkId') ?? ''), world)] });
}

/** Answers as a read does, with an array of one: clients take an empty one for an error. */
export function createNetwork({ body }: ApiRequest, { world }: ApiContext): Answer {
  const clusterId = requiredText(body, 'clusterId', { max: 255 });
  const cluster = findCluster(clusterId);
  if (cluster === undefined) throw notFound('cluster');
  if (!cluster.supportInstanceNetwork) throw invalidParameter(`cluster ${cluster.name} has no networks`);
  const network: Network = {
    id: `vpc-${world.random.uuid()}`,
    name: optionalText(body, 'name', { max: 30 }) ?? '',
    clusterId: cluster.id,
    segment: `10.${world.account.networks.size % 256}.0.0/24`,
    createTime: Math.floor(world.clock.realNow() / 1_000),
  };
  world.account.networks.set(network.id, network);
  return json({ network: [networkJson(network, world)] });
}

export function updateNetwork({ body }: ApiRequest, { world }: ApiContext): Answer {
  const network = findNetworkIn(body, world);
  const name = optionalText(body, 'name', { min: 1, max: 30 }) ?? network.name;
  world.account.networks.set(network.id, { ...network, name });
  return json({});
}

export function deleteNetwork({ body }: ApiRequest, { world }: ApiContext): Answer {
  const network = findNetworkIn(body, world);
  if (membersOf(network, world).length > 0) throw new Refusal(400, 'NETWORK_IN_USE', 'network is in use');
  world.account.networks.delete(network.id);
  return json({});
}

function networkJson(network: Network, world: World) {
  return {
    Id: network.id,
    user: 'sandbox',
    name: network.name,
    state: { state: 'ready', error: '' },
    segment: network.segment,
    clusterId: network.clusterId,
    Addresses: membersOf(network, world).map((record) => ({ Id: record.id, Ip: '10.0.0.4' })),
    createTime: String(network.createTime),
  };
}

function membersOf(network: Network, world: World) {
  return world.fleet.filter(({ spec }) => spec.networkId === network.id);
}

function findNetworkIn(body: Json, world: World): Network {
  return findNetwork(world, requiredText(body, 'networkId'));
}

function findNetwork(world: World, id: string): Network {
  const network = world.account.networks.get(id);
  if (network === undefined) throw notFound('network', 'NETWORK_NOT_FOUND');
  return network;
}
