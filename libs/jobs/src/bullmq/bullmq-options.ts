/**
 * The hash tag puts every key of every queue into one slot, which BullMQ's scripts need on a Redis Cluster.
 * @see https://docs.bullmq.io/bull/patterns/redis-cluster
 */
export const bullMqPrefix = (keyPrefix: string): string => `{${keyPrefix}}:jobs`;

/** Marks that this process takes jobs; see `WorkerPresence`. */
export const workersKey = (keyPrefix: string): string => `${bullMqPrefix(keyPrefix)}:workers`;
