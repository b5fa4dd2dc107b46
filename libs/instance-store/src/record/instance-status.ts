export const INSTANCE_STATUSES = [
  'creating',
  'created',
  'starting',
  'running',
  'health_checking',
  'ready',
  'stopping',
  'stopped',
  'restarting',
  'migrating',
  'deleting',
  'terminated',
  'failed',
] as const;

export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];

interface StatusFacts {
  /** On its way somewhere: more is to happen without a new desired state. */
  readonly transitional: boolean;
  /** On its way to ready. */
  readonly startingUp: boolean;
  /** A machine may be held at the provider. */
  readonly live: boolean;
  /** GPU time may be charged. In doubt, yes. */
  readonly billing: boolean;
  /** Up as far as a user is concerned, so it can stand idle. */
  readonly idle: boolean;
  readonly start: boolean;
  readonly stop: boolean;
  readonly restart: boolean;
  readonly delete: boolean;
}

const none: StatusFacts = {
  transitional: false,
  startingUp: false,
  live: true,
  billing: true,
  idle: false,
  start: false,
  stop: false,
  restart: false,
  delete: true,
};
const startingUp: StatusFacts = { ...none, transitional: true, startingUp: true, stop: true };

const FACTS: Record<InstanceStatus, StatusFacts> = {
  creating: startingUp,
  created: { ...startingUp, start: true },
  starting: startingUp,
  running: { ...startingUp, idle: true, restart: true },
  health_checking: { ...startingUp, restart: true },
  ready: { ...none, idle: true, stop: true, restart: true },
  stopping: { ...none, transitional: true },
  stopped: { ...none, billing: false, start: true },
  restarting: startingUp,
  migrating: { ...none, transitional: true, delete: false },
  deleting: { ...none, transitional: true, delete: false },
  terminated: { ...none, live: false, billing: false, delete: false },
  // A failed one may still run at the provider: a start-up that took too long is stopped, and that can be refused.
  failed: { ...none, start: true, stop: true },
};

/** Nothing leads out of it, unless the instance is found to be there after all. */
export function isFinal(status: InstanceStatus): boolean {
  return status === 'terminated';
}

/** More is to happen without a new desired state; the opposite is `isSettled`. */
export function isTransitional(status: InstanceStatus): boolean {
  return FACTS[status].transitional;
}

/** It stays so until somebody sets another desired state or the provider is observed to say otherwise. */
export function isSettled(status: InstanceStatus): boolean {
  return !FACTS[status].transitional;
}

/** On its way to ready, so that `deadlines.startupBy` counts. */
export function isStartingUp(status: InstanceStatus): boolean {
  return FACTS[status].startingUp;
}

/** A machine is or may be held at the provider. */
export function isLive(status: InstanceStatus): boolean {
  return FACTS[status].live;
}

/** GPU time is or may be charged. */
export function maybeBilling(status: InstanceStatus): boolean {
  return FACTS[status].billing;
}

/** Up as far as a user is concerned, so that being unused counts against it. */
export function canBeIdle(status: InstanceStatus): boolean {
  return FACTS[status].idle;
}

/** A start would change something and contradicts nothing under way. */
export function acceptsStart(status: InstanceStatus): boolean {
  return FACTS[status].start;
}

/** A stop would change something and contradicts nothing under way; a start-up may be stopped half-way. */
export function acceptsStop(status: InstanceStatus): boolean {
  return FACTS[status].stop;
}

export function acceptsRestart(status: InstanceStatus): boolean {
  return FACTS[status].restart;
}

/** Every instance may be deleted, except one that is being deleted, is gone, or is being moved to another machine. */
export function acceptsDelete(status: InstanceStatus): boolean {
  return FACTS[status].delete;
}
