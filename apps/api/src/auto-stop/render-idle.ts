import type { ActivitySign, IdleEvaluation } from '@app/auto-stop';
import type { InstanceRecord } from '@app/instance-store';
import { present } from '../http/present.js';
import type { AutoStopInForce } from './auto-stop-in-force.js';
import type { ActivitySignView, IdleView } from './idle.dto.js';

const MINUTE_MS = 60_000;

export function renderIdle(record: InstanceRecord, evaluation: IdleEvaluation, inForce: AutoStopInForce): IdleView {
  const thresholdMinutes = inForce.thresholdMs / MINUTE_MS;
  return {
    instanceId: record.id,
    status: record.status,
    ...renderEvaluation(evaluation),
    thresholdMinutes,
    autoStop: {
      enabled: inForce.enabled,
      enabledFrom: inForce.enabledFrom,
      thresholdMinutes,
      thresholdFrom: inForce.thresholdFrom,
      warningMinutes: inForce.warningMs / MINUTE_MS,
      ...present('lease', record.autoStop.lease),
    },
  };
}

/** An evaluation as HTTP shows it: what does not apply is absent. */
export function renderEvaluation(
  evaluation: IdleEvaluation,
): Omit<IdleView, 'instanceId' | 'status' | 'thresholdMinutes' | 'autoStop'> {
  return {
    verdict: evaluation.verdict,
    rule: evaluation.rule,
    ...present('exemption', evaluation.exemption),
    reason: evaluation.reason,
    ...present('idleSince', evaluation.idleSince),
    ...present('stopAt', evaluation.stopAt),
    ...present('nextEvaluation', evaluation.nextEvaluation),
    signs: evaluation.signals.map(renderSign),
    whatWouldChangeIt: [...evaluation.whatWouldChangeIt],
    evaluatedAt: evaluation.evaluatedAt,
  };
}

function renderSign({ kind, at, by, detail }: ActivitySign): ActivitySignView {
  return { kind, at, by, ...present('detail', detail) };
}
