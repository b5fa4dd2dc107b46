import type { DesiredState, InstanceStatus } from '@app/instance-store';
import type { ProviderPhase } from '@app/novita-client';

/** Our words for an instance of which nothing is known but the provider's word. */
interface Doing {
  readonly status: InstanceStatus;
  /** What somebody must have wished for it to do this. */
  readonly desired: DesiredState;
}

const DOING: Readonly<Record<ProviderPhase, Doing>> = {
  accepted: { status: 'starting', desired: 'running' },
  'coming-up': { status: 'starting', desired: 'running' },
  up: { status: 'running', desired: 'running' },
  restarting: { status: 'restarting', desired: 'running' },
  migrating: { status: 'migrating', desired: 'running' },
  'going-down': { status: 'stopping', desired: 'stopped' },
  down: { status: 'stopped', desired: 'stopped' },
  removing: { status: 'deleting', desired: 'deleted' },
  gone: { status: 'deleting', desired: 'deleted' },
  // In doubt it runs, and is paid for.
  unknown: { status: 'running', desired: 'running' },
};

export function whatItDoes(phase: ProviderPhase): Doing {
  return DOING[phase];
}
