/** Every queue there is. A new one needs a line in `QUEUE_SETTINGS`, or it does not compile. */
export const QUEUE_NAMES = ['lifecycle', 'sync', 'auto-stop'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
