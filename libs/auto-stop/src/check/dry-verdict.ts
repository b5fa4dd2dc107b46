import type { StoredInstance } from '@app/instance-store';
import type { AutoStopOptions } from '../auto-stop-options.js';
import { evaluate } from '../policy/evaluate.js';
import type { PictureAge } from '../policy/idle-signals.js';
import type { InstanceVerdict } from './auto-stop-commands.port.js';
import { isTimeUp, verdictOf } from './handled.js';

/** What a check would make of a candidate by what is known here; what it would ask Novita first is said. */
export function dryVerdict(
  { record, lastUsedAt }: StoredInstance,
  lastUsedBy: string | null,
  picture: PictureAge,
  options: AutoStopOptions,
  now: number,
): InstanceVerdict {
  const evaluation = evaluate(record, { lastUsedAt, lastUsedBy }, options.rules, picture, now);
  const questions = [
    ...(options.synchronised ? [] : ['whether it runs']),
    ...(options.gpuThresholdPercent === null ? [] : ['how busy its GPU was']),
  ];
  const asks = isTimeUp(evaluation) && evaluation.rule !== 'suspended' && questions.length > 0;
  const detail = asks ? `A check asks Novita first ${questions.join(' and ')}; the answer can keep it.` : null;
  return verdictOf(record, evaluation, 'nothing-done', detail);
}
