import type { InstanceRecord } from '@app/instance-store';
import type { IdleEvaluation, IdleRule } from '../policy/evaluation.js';
import type { InstanceVerdict } from './auto-stop-commands.port.js';

/** What became of one candidate, and what is left to do about it together with others. */
export interface Handled {
  readonly verdict: InstanceVerdict;
  /**
   * `reindex`: it is no candidate, so its deadline was wrong. `put-off`: it had to be kept although its time is up, so
   * the others come first at the next check. `reconcile`: the life cycle is to stop it.
   */
  readonly next: 'nothing' | 'reindex' | 'put-off' | 'reconcile';
}

export function verdictOf(
  { id, name, price }: InstanceRecord,
  evaluation: IdleEvaluation,
  outcome: InstanceVerdict['outcome'],
  detail: string | null = null,
): InstanceVerdict {
  return { id, name, usdPerHour: price.usdPerHour, evaluation, outcome, detail };
}

const TIME_UP: Readonly<Record<IdleRule, boolean>> = {
  exempt: false,
  leased: false,
  'used-lately': false,
  'warning-due': false,
  'idle-too-long': true,
  'picture-too-old': true,
  'utilisation-unknown': true,
  suspended: true,
};

/** Whether it has stood unused for as long as it may, stopped or not. */
export function isTimeUp({ rule }: IdleEvaluation): boolean {
  return TIME_UP[rule];
}
