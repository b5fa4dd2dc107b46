import { type FeedEntry, type InstanceId, type InstanceRecord, isInstanceChange } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { deliveryIdOf, type WebhookDelivery } from '../model/delivery.js';
import { type EndpointId, instanceEndpointId, unmanagedEndpoint, type WebhookEndpoint } from '../model/endpoint.js';

/** What filters ask about an instance, and its latest sequence number; kept because a removal carries no record. */
export interface KnownInstance {
  readonly sequence: number;
  readonly name: string;
  readonly region: string | null;
  /** Name of the API key that created it; null when nobody here did. */
  readonly owner: string | null;
  readonly webhookUrl: string | null;
}

/** One event that somebody gets. */
export interface OutboundEvent {
  readonly eventId: string;
  /** JSON. */
  readonly body: string;
  readonly deliveries: readonly OutboundDelivery[];
}

interface OutboundDelivery {
  readonly delivery: WebhookDelivery;
  /** Whether it waits for earlier ones of its instance. */
  readonly ordered: boolean;
}

export interface FanOutPlan {
  readonly events: readonly OutboundEvent[];
  /** Null for an instance that is forgotten. */
  readonly known: ReadonlyMap<InstanceId, KnownInstance | null>;
  /** Endpoints of instances that the entries name, new ones among them. */
  readonly ofInstances: readonly WebhookEndpoint[];
}

export interface FanOutScene {
  /** Managed ones and the global one. */
  readonly configured: readonly WebhookEndpoint[];
  /** Those that are known of the endpoints of instances. */
  readonly ofInstances: ReadonlyMap<EndpointId, WebhookEndpoint>;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  readonly at: Timestamp;
  /** Before the first attempt, in ms. */
  readonly firstWaitMs: number;
  /** The body of an event. */
  readonly render: (entry: FeedEntry, sequence: number | null) => string;
}

/**
 * What entries of the feed become: for each endpoint that takes it a delivery, and for each event of an instance its
 * number. Pure. While there are no endpoints at all, instances get no numbers, and nothing is to be written.
 */
export function planFanOut(entries: readonly FeedEntry[], scene: FanOutScene): FanOutPlan {
  const events: OutboundEvent[] = [];
  const known = new Map<InstanceId, KnownInstance | null>();
  const ofInstances = new Map<EndpointId, WebhookEndpoint>();
  for (const entry of entries) {
    const instance = instanceOf(entry, known, scene);
    const own = instance === null ? null : ownEndpoint(instance, ofInstances, scene);
    if (own !== null) ofInstances.set(own.id, own);
    if (isInstanceChange(entry) && instance !== null && (scene.configured.length > 0 || own !== null)) {
      known.set(entry.instanceId, entry.record === null ? null : instance);
    }
    const takers = scene.configured.filter((endpoint) => takes(endpoint, entry.type, instance));
    if (own !== null && isTaking(own)) takers.push(own);
    if (takers.length === 0) continue;
    const sequence = instance?.sequence ?? null;
    const deliveries = takers.map((endpoint) => outbound(entry, sequence, endpoint, scene));
    events.push({ eventId: entry.entryId, body: scene.render(entry, sequence), deliveries });
  }
  return { events, known, ofInstances: [...ofInstances.values()] };
}

/** Ids of the endpoints that the records of the entries, and what is known, name. */
export function namedEndpoints(
  entries: readonly FeedEntry[],
  known: ReadonlyMap<InstanceId, KnownInstance>,
): readonly EndpointId[] {
  const urls = new Set<string>();
  for (const entry of entries) {
    if (!isInstanceChange(entry)) continue;
    const url = entry.record === null ? known.get(entry.instanceId)?.webhookUrl : entry.record.webhookUrl;
    if (typeof url === 'string') urls.add(url);
  }
  return [...urls].map(instanceEndpointId);
}

/** @returns null for an event of the fleet */
function instanceOf(
  entry: FeedEntry,
  changed: ReadonlyMap<InstanceId, KnownInstance | null>,
  { known }: FanOutScene,
): KnownInstance | null {
  if (!isInstanceChange(entry)) return null;
  const { instanceId, record } = entry;
  const before = changed.has(instanceId) ? (changed.get(instanceId) ?? null) : (known.get(instanceId) ?? null);
  const sequence = (before?.sequence ?? 0) + 1;
  if (record !== null) return { sequence, ...attributesOf(record) };
  return before === null
    ? { sequence, name: '', region: null, owner: null, webhookUrl: null }
    : { ...before, sequence };
}

/** What filters ask about an instance. */
export function attributesOf({ name, spec, createdBy, webhookUrl }: InstanceRecord): Omit<KnownInstance, 'sequence'> {
  const owner = createdBy?.startsWith('user:') === true ? createdBy.slice('user:'.length) : null;
  return { name, region: spec.region, owner, webhookUrl };
}

function ownEndpoint(
  { webhookUrl }: KnownInstance,
  found: ReadonlyMap<EndpointId, WebhookEndpoint>,
  scene: FanOutScene,
): WebhookEndpoint | null {
  if (webhookUrl === null) return null;
  const id = instanceEndpointId(webhookUrl);
  return found.get(id) ?? scene.ofInstances.get(id) ?? unmanagedEndpoint(id, webhookUrl, scene.at);
}

/** Whether an endpoint takes an event. @param instance null for an event of the fleet, which no filter fits */
export function takes(endpoint: WebhookEndpoint, type: string, instance: KnownInstance | null): boolean {
  const { types, filter } = endpoint;
  if (!isTaking(endpoint)) return false;
  if (!isWanted(types, type)) return false;
  const { name, region, owner } = filter;
  if (name === null && region === null && owner === null) return true;
  if (instance === null) return false;
  if (name !== null && !instance.name.toLowerCase().includes(name.toLowerCase())) return false;
  return (region === null || region === instance.region) && (owner === null || owner === instance.owner);
}

/** Whether a type of event is among those that an endpoint wants. @param types none for all */
export function isWanted(types: readonly string[], type: string): boolean {
  return types.length === 0 || types.some((wanted) => matchesType(wanted, type));
}

const matchesType = (wanted: string, type: string): boolean =>
  wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;

const isTaking = ({ state }: WebhookEndpoint): boolean => state.kind !== 'disabled';

function outbound(
  entry: FeedEntry,
  sequence: number | null,
  { id: endpointId, ordered }: WebhookEndpoint,
  { at, firstWaitMs }: FanOutScene,
): OutboundDelivery {
  const { instanceId = null, trace } = isInstanceChange(entry) ? entry : {};
  const delivery: WebhookDelivery = {
    id: deliveryIdOf(entry.entryId, endpointId),
    endpointId,
    eventId: entry.entryId,
    type: entry.type,
    instanceId,
    sequence,
    state: 'pending',
    attempts: [],
    nextAttemptAt: timestampFromMs(msFromTimestamp(at) + firstWaitMs),
    createdAt: at,
    replayOf: null,
    ...(trace !== undefined && { trace }),
  };
  return { delivery, ordered: ordered && instanceId !== null };
}
