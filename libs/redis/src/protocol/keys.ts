/** The sources of resources whose sync has keys. */
type SyncKeysOf = 'novita' | 'kubernetes';

/**
 * Every key of a fleet in Redis but those of its records, which libs/instance-store keeps. Each line says what type the key
 * has, how long it lives and who writes it. All begin with the hash tag, so that a Redis Cluster has them on one node.
 */
export class FleetKeys {
  /** Scripts that build the rest of a key by themselves take the hash tag alone. No value stands here. */
  readonly hashTag: string;

  /** @param prefix REDIS_KEY_PREFIX */
  constructor(prefix: string) {
    this.hashTag = `{${prefix}}`;
  }

  /** String; for ever; the first process that finds none. */
  get fleetId(): string {
    return this.at('fleet-id');
  }
  /** One of each type; a second at most; a process that starts, to prove that Redis can be used. */
  bootProof(id: string): string {
    return this.at(`boot:${id}`);
  }
  /** String; a minute; each process when it is asked for its health. */
  health(id: string): string {
    return this.at(`health:${id}`);
  }
  /** Hash of the holder; until it lapses or is released; the holder. */
  lock(name: string): string {
    return this.at(`lock:${name}`);
  }
  /** Number, so that fences grow over every loss of the lock; for ever; whoever acquires it. */
  lockFence(name: string): string {
    return this.at(`lock-fence:${name}`);
  }
  /** String; until it lapses; the holder. */
  lease(name: string): string {
    return this.at(`lease:${name}`);
  }

  /** Hash of what cannot be read, by id, at most 1,000; until it is tried again or discarded; every process. */
  get quarantine(): string {
    return this.at('quarantine');
  }
  /** Hash of their texts by those ids, redacted, 64 kB each at most; as long; every process. */
  get quarantineTexts(): string {
    return this.at('quarantine:texts');
  }
  /** Sorted set of those ids by when each was first seen; as long; every process. */
  get quarantineOrder(): string {
    return this.at('quarantine:order');
  }

  /** Prefix of the keys of BullMQ, which has types and lives of its own; APIs and workers. */
  get jobs(): string {
    return this.at('jobs');
  }
  /** Sorted set of worker ids by when they count as gone; until all are gone; each worker every few seconds. */
  get workers(): string {
    return `${this.jobs}:workers`;
  }

  /** Hash of a request and its answer; two minutes in flight, a day answered; the API. */
  idempotency(key: string): string {
    return this.at(`idempotency:${key}`);
  }
  /** Prefix of one number for each API key; a minute; the API. */
  get rateLimit(): string {
    return this.at('rate-limit');
  }

  /** Document of the latest run; for ever; the worker that runs it. */
  syncStatus(source: SyncKeysOf): string {
    return this.ofSync(source, 'status');
  }
  /** Document of the pause; while it lasts; the API. */
  syncPaused(source: SyncKeysOf): string {
    return this.ofSync(source, 'paused');
  }
  /** Stream of about 5,000 events; for ever; the worker that runs a sync, and the API for a pause. */
  syncEvents(source: SyncKeysOf): string {
    return this.ofSync(source, 'events');
  }
  /** List of the latest 100 runs; for ever; the worker that runs them. */
  syncHistory(source: SyncKeysOf): string {
    return this.ofSync(source, 'history');
  }
  /** List of requests to read parts of the cluster anew, at most 100; until the worker takes them; the API. */
  get syncRelists(): string {
    return this.ofSync('kubernetes', 'relists');
  }
  /** JSON list of the ids that a run did not remove; until the next run; the worker that runs it. */
  get syncHeld(): string {
    return this.at('sync:held');
  }
  /** Document of what a run came to; an hour; the worker that ran it. */
  syncResult(runId: string): string {
    return this.at(`sync:result:${runId}`);
  }

  /** Hash of the token bucket; until it would be full again; each process that calls Novita. */
  get novitaBudget(): string {
    return this.at('novita-budget');
  }
  /** Hash of one of Novita's lists; for ever; the process that read it last. */
  mirror(kind: string): string {
    return this.at(`mirror:${kind}`);
  }

  /** Text of one reading of how busy an instance was; a minute; the process that asked Novita. */
  utilisation(reading: string): string {
    return this.at(`utilisation:${reading}`);
  }

  /** Document of the latest report of a watchdog; a week; the API. */
  get watchdogSeen(): string {
    return this.at('watchdog:seen');
  }

  /** Sorted set of samples by their minute; for ever, each sample a day; a worker. */
  get fleetHistory(): string {
    return this.at('fleet-history');
  }
  /** Hash of what checks of the bill found, by day, 31 of them at most, and of the latest run; for ever; a worker. */
  get billChecks(): string {
    return this.at('bill-checks');
  }
  /** Hash of how long start-ups took, by product and image, at most 50 of each of 200; for ever; a worker. */
  get startupTimes(): string {
    return this.at('startup:times');
  }
  /** Sorted set of those products and images by their latest start-up; for ever; a worker. */
  get startupLatest(): string {
    return this.at('startup:latest');
  }
  /** String, up to where the change feed was read for them, and the starts under way there; for ever; a worker. */
  get startupBookmark(): string {
    return this.at('startup:bookmark');
  }
  /** Hash of the latest check and totals; for ever; the worker that checks. */
  get autoStopStats(): string {
    return this.at('auto-stop:stats');
  }
  /** String, the fingerprint of the rules that deadlines follow; for ever; workers. */
  get autoStopRules(): string {
    return this.at('auto-stop:rules');
  }
  /** Sorted set of fingerprints by when they were reported; for ever, each a few minutes; every process that writes records. */
  get autoStopRulesInUse(): string {
    return this.at('auto-stop:rules-in-use');
  }

  /** Hash of the latest check for reclaimed instances and totals; for ever; the worker that checks. */
  get migrationStats(): string {
    return this.at('migration:stats');
  }

  /*
   * The mirror of a Kubernetes cluster. The scripts of libs/kubernetes-source build these keys from the hash tag.
   */

  /** Hash of the projections of one kind, by `namespace/name`; until the object is gone; the worker that follows the cluster. */
  kubernetesResources(kind: string): string {
    return this.at(`kubernetes:resources:${kind}`);
  }
  /** Stream of about 10,000 changes of them; for ever; the worker that follows the cluster. */
  get kubernetesFeed(): string {
    return this.at('kubernetes:feed');
  }
  /** Hash of how fresh each kind is; for ever; the worker that follows the cluster. */
  get kubernetesFreshness(): string {
    return this.at('kubernetes:freshness');
  }
  /** Identity of the cluster that is mirrored, as JSON; for ever; the worker that follows the cluster. */
  get kubernetesCluster(): string {
    return this.at('kubernetes:cluster');
  }
  /** Set of the kinds that changed without entries in that stream; until it says so; the worker that follows the cluster. */
  get kubernetesReloads(): string {
    return this.at('kubernetes:reloads');
  }
  /** How many times the mirror was written; for ever; the worker that follows the cluster. */
  get kubernetesWrites(): string {
    return this.at('kubernetes:writes');
  }

  /*
   * Webhooks. The scripts of libs/webhooks build these keys from the hash tag, as `src/store/lua/keys.lua` there says; its
   * README has the whole table.
   */

  /** Hash of the fan-out: `position` in the feed, `holds` (1 while there are endpoints), `order` of the latest delivery; for ever; a worker. */
  get webhookFanOut(): string {
    return this.at('webhooks:fan-out');
  }
  /** Hash of what was last known of each instance, its latest sequence number among it; until it is removed; a worker. */
  get webhookInstances(): string {
    return this.at('webhooks:instances');
  }
  /** Hash of endpoints by id, at most 101, those of instances not among them; until they are removed; APIs and workers. */
  get webhookEndpoints(): string {
    return this.at('webhooks:endpoints');
  }
  /** Hash of the endpoints of instances by id, at most 10,000; a week after their latest event; APIs and workers. */
  get webhookInstanceEndpoints(): string {
    return this.at('webhooks:instance-endpoints');
  }
  /** Sorted set of the ids of those by their latest event; as long; a worker. */
  get webhookInstanceEndpointsUsed(): string {
    return this.at('webhooks:instance-endpoints-used');
  }
  /** Hash of how each endpoint answers, by id; as long as the endpoint; workers. */
  get webhookHealth(): string {
    return this.at('webhooks:health');
  }
  /** Hash by endpoint: `closed`, or the time until which nothing is sent to it; as long as that holds; APIs and workers. */
  get webhookGates(): string {
    return this.at('webhooks:gates');
  }
  /** Sorted set of endpoints by when something is due to them; as long as something is; APIs and workers. */
  get webhookDueEndpoints(): string {
    return this.at('webhooks:due');
  }
  /** Sorted set of deliveries by when their next attempt is due, of one endpoint; until they end; APIs and workers. */
  webhookDue(endpointId: string): string {
    return this.at(`webhooks:due:${endpointId}`);
  }
  /** Sorted set of deliveries in the order in which they were made; a week; APIs and workers. */
  get webhookLog(): string {
    return this.at('webhooks:log');
  }
  /** The same, of one endpoint. */
  webhookLogOf(endpointId: string): string {
    return this.at(`webhooks:log:${endpointId}`);
  }
  /** The same, of those that have not ended. */
  get webhookPending(): string {
    return this.at('webhooks:pending');
  }
  /** List of the deliveries of one instance to an ordered endpoint, the one that goes first; until they end; APIs and workers. */
  webhookLine(endpointId: string, instanceId: string): string {
    return this.at(`webhooks:line:${endpointId}:${instanceId}`);
  }
  /** Hash of one delivery, with its latest replay, `replay`, or one that arrived; a week; APIs and workers. */
  webhookDelivery(id: string): string {
    return this.at(`webhooks:delivery:${id}`);
  }
  /** Hash of the body of one event and how many deliveries hold it; a week; a worker. */
  webhookEvent(id: string): string {
    return this.at(`webhooks:event:${id}`);
  }

  /** Those of Novita have no name of a source, as they are older than the other one. */
  private ofSync(source: SyncKeysOf, name: string): string {
    return this.at(source === 'novita' ? `sync:${name}` : `sync:${source}:${name}`);
  }

  private at(name: string): string {
    return `${this.hashTag}:${name}`;
  }
}
