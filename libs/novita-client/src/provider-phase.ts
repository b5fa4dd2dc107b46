import type { KnownNovitaStatus, NovitaStatus } from './novita-types.js';

/** What a word of the provider means for us. */
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
  /** A word that does not tell whether the instance runs: what we believed before stays. */
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

export function phaseOf(word: NovitaStatus): ProviderPhase {
  return isKnown(word) ? PHASES[word] : 'unknown';
}

/** Whether an instance in this phase bills for its GPU or may yet come to. */
export function mayBill(phase: ProviderPhase): boolean {
  return phase !== 'going-down' && phase !== 'down' && phase !== 'removing' && phase !== 'gone';
}

function isKnown(word: NovitaStatus): word is KnownNovitaStatus {
  return Object.hasOwn(PHASES, word);
}
