import type { KnownNovitaStatus, NovitaStatus } from './novita-types.js';

/** The activity of an instance, whichever of Novita's statuses says so. */
export type ProviderPhase =
  | 'accepted'
  | 'coming-up'
  | 'up'
  | 'going-down'
  | 'down'
  | 'restarting'
  | 'migrating'
  | 'removing'
  | 'gone'
  /** The status does not say whether the instance runs; what was known before still holds. */
  | 'unknown';

const PHASES: Readonly<Record<KnownNovitaStatus, ProviderPhase>> = {
  toCreate: 'accepted',
  creating: 'accepted',
  pending: 'accepted',
  pulling: 'coming-up',
  toStart: 'coming-up',
  starting: 'coming-up',
  running: 'up',
  toStop: 'going-down',
  stopping: 'going-down',
  exited: 'down',
  toRestart: 'restarting',
  restarting: 'restarting',
  toReset: 'restarting',
  resetting: 'restarting',
  migrating: 'migrating',
  toRemove: 'removing',
  removing: 'removing',
  removed: 'gone',
  freezing: 'unknown',
};

export function phaseOf(status: NovitaStatus): ProviderPhase {
  return isKnown(status) ? PHASES[status] : 'unknown';
}

/** Whether an instance in this phase is billed for its GPU, or may be soon. */
export function mayBill(phase: ProviderPhase): boolean {
  return phase !== 'going-down' && phase !== 'down' && phase !== 'removing' && phase !== 'gone';
}

function isKnown(status: NovitaStatus): status is KnownNovitaStatus {
  return Object.hasOwn(PHASES, status);
}
