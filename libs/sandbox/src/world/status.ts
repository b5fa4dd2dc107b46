/** The provider's documented states. */
export const SANDBOX_STATUSES = [
  'toCreate',
  'creating',
  'pulling',
  'running',
  'toStart',
  'starting',
  'toStop',
  'stopping',
  'exited',
  'toRestart',
  'restarting',
  'toRemove',
  'removing',
  'removed',
  'toReset',
  'resetting',
  'migrating',
  'freezing',
] as const;
export type SandboxStatus = (typeof SANDBOX_STATUSES)[number];

export function isSandboxStatus(value: unknown): value is SandboxStatus {
  return (SANDBOX_STATUSES as readonly unknown[]).includes(value);
}

/**
 * Where an instance may go from each state by itself or by a command. The provider names the states only; the edges
 * are inferred from those names, its guides and what clients rely on. A spot reclaim ends any state that holds a
 * machine in `exited`.
 */
export const EDGES: Readonly<Record<SandboxStatus, readonly SandboxStatus[]>> = {
  toCreate: ['creating', 'toRemove'],
  creating: ['pulling', 'toRemove'],
  pulling: ['running', 'exited', 'toRemove'],
  running: ['toStop', 'toRestart', 'toReset', 'exited', 'toRemove'],
  toStart: ['starting', 'toRemove'],
  starting: ['running', 'exited', 'toRemove'],
  toStop: ['stopping', 'exited', 'toRemove'],
  stopping: ['exited', 'toRemove'],
  exited: ['toStart', 'toReset', 'migrating', 'toRemove'],
  toRestart: ['restarting', 'exited', 'toRemove'],
  restarting: ['running', 'exited', 'toRemove'],
  toRemove: ['removing'],
  removing: ['removed'],
  removed: [],
  toReset: ['resetting', 'exited', 'toRemove'],
  resetting: ['pulling', 'exited', 'toRemove'],
  migrating: ['running', 'exited', 'toRemove'],
  freezing: ['toRemove'],
};

export const COMMANDS = ['start', 'stop', 'restart', 'edit', 'upgrade', 'migrate', 'saveImage', 'remove'] as const;
export type Command = (typeof COMMANDS)[number];

const ALIVE: readonly SandboxStatus[] = SANDBOX_STATUSES.filter((status) => status !== 'removed');

/** In which states a command is accepted; in any other the answer is "invalid state change". */
export const ACCEPTED_IN: Readonly<Record<Command, readonly SandboxStatus[]>> = {
  start: ['exited'],
  stop: ['running'],
  restart: ['running'],
  edit: ['running', 'exited'],
  upgrade: ['running', 'exited'],
  migrate: ['exited'],
  saveImage: ['exited'],
  remove: ALIVE,
};

/** The command is not accepted in the instance's present state. */
export class WrongStateError extends Error {
  override readonly name = 'WrongStateError';
  constructor(readonly status: SandboxStatus) {
    super('invalid state change');
  }
}
