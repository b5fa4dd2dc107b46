import type { ActivitySignal, AutoStopStats, CheckReport, IdleEvaluation, InstanceVerdict } from '@app/auto-stop';
import { type IdleExemption, type IdleRules, type InstanceRecord, idleCounting } from '@app/instance-store';
import { MINUTE_MS, oneLine } from '@app/platform';
import { renderHold, renderLifetime } from '@app/views';
import { present, usd } from '../core/http/answer.js';
import type { IdleCostView } from '../instances/idle-cost.dto.js';
import {
  type AutoStopStatsAnswer,
  type AutoStopStatsData,
  type CheckReportView,
  SAVED_METHOD,
  type TriggerReportAnswer,
  type VerdictView,
} from './auto-stop.dto.js';
import type { ActivitySignalView, IdleView } from './explain.dto.js';

const MAX_DETAIL_LENGTH = 500;

export function renderDryRun(report: CheckReport): TriggerReportAnswer {
  return {
    success: report.failed === 0,
    message: dryRunMessage(report),
    data: { ...renderCheck(report), verdicts: report.verdicts.map(renderVerdict) },
  };
}

function dryRunMessage({ checked, eligible, suspended, more }: CheckReport): string {
  const counted = `${checked} instance${checked === 1 ? '' : 's'} checked${more ? ', and more are due' : ''}`;
  if (suspended !== null) return `Dry run: nothing would be stopped, since ${suspended}; ${counted}`;
  return `Dry run: ${eligible} would be stopped; ${counted}`;
}

function renderCheck(report: Omit<CheckReport, 'verdicts'>): Omit<CheckReportView, 'verdicts'> {
  return {
    checkId: report.checkId,
    trigger: report.trigger,
    dryRun: report.dryRun,
    startTime: report.startedAt,
    endTime: report.endedAt,
    ...present('suspended', report.suspended),
    checked: report.checked,
    eligible: report.eligible,
    warned: report.warned,
    stopped: report.stopped,
    failed: report.failed,
    more: report.more,
  };
}

function renderVerdict({ id, name, usdPerHour, evaluation, outcome, detail }: InstanceVerdict): VerdictView {
  return {
    instanceId: id,
    name,
    ...present('pricePerHour', usdPerHour),
    ...renderEvaluation(evaluation),
    outcome,
    ...present('detail', detail === null ? null : oneLine(detail, MAX_DETAIL_LENGTH)),
  };
}

/** @param idle what idles, as it was last measured */
export function renderStats(stats: AutoStopStats, idle: IdleCostView): AutoStopStatsAnswer {
  return { success: true, message: statsMessage(stats), data: statsData(stats, idle) };
}

function statsMessage({ enabled, suspended }: AutoStopStats): string {
  if (!enabled) return 'Auto-stop is off: AUTO_STOP_ENABLED is false';
  return suspended === null ? 'Auto-stop is on' : `Auto-stop is suspended: ${suspended}`;
}

function statsData(stats: AutoStopStats, idle: IdleCostView): AutoStopStatsData {
  return {
    enabled: stats.enabled,
    intervalMinutes: stats.intervalMs / MINUTE_MS,
    thresholdMinutes: stats.thresholdMs / MINUTE_MS,
    warningMinutes: stats.warningMs / MINUTE_MS,
    ...present('lastRun', stats.lastRun === null ? null : renderCheck(stats.lastRun)),
    ...present('nextRun', stats.nextRun),
    ...stats.totals,
    ...present('suspended', stats.suspended),
    idle,
    savedUsd: usd(stats.savedUsd),
    savedByDay: stats.savedByDay.map(({ day, usd: amount }) => ({ day, usd: usd(amount) })),
    savedMethod: SAVED_METHOD,
  };
}

export function renderIdle(record: InstanceRecord, evaluation: IdleEvaluation, inForce: AutoStopInForce): IdleView {
  const thresholdMinutes = inForce.thresholdMs / MINUTE_MS;
  return {
    instanceId: record.id,
    status: record.status,
    ...renderEvaluation(evaluation),
    ...present('stopHold', record.stopHold && renderHold(record.stopHold)),
    ...present('lifetime', renderLifetime(record)),
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

/** An evaluation as HTTP shows it: a member that does not apply is absent. */
function renderEvaluation(
  evaluation: IdleEvaluation,
): Omit<IdleView, 'instanceId' | 'status' | 'stopHold' | 'lifetime' | 'thresholdMinutes' | 'autoStop'> {
  return {
    verdict: evaluation.verdict,
    rule: evaluation.rule,
    ...present('exemption', evaluation.exemption),
    reason: evaluation.reason,
    ...present('idleSince', evaluation.idleSince),
    ...present('stopAt', evaluation.stopAt),
    ...present('nextEvaluation', evaluation.nextEvaluation),
    signs: evaluation.signals.map(renderSignal),
    whatWouldChangeIt: [...evaluation.whatWouldChangeIt],
    evaluatedAt: evaluation.evaluatedAt,
  };
}

function renderSignal({ kind, at, by, detail }: ActivitySignal): ActivitySignalView {
  return { kind, at, by, ...present('detail', detail) };
}

type From = 'instance' | 'template' | 'fleet';

/** What auto-stop goes by for one instance, and who said so, whatever the instance does at present. */
export interface AutoStopInForce {
  readonly enabled: boolean;
  readonly enabledFrom: From;
  readonly thresholdMs: number;
  readonly thresholdFrom: From;
  readonly warningMs: number;
}

/**
 * The store's own rule says it, asked about the instance as if it ran: so nothing can be shown here that would not be
 * done.
 */
export function autoStopInForce(record: InstanceRecord, rules: IdleRules): AutoStopInForce {
  const running: InstanceRecord = {
    ...record,
    origin: 'managed',
    status: 'ready',
    desired: { ...record.desired, state: 'running' },
    spec: { ...record.spec, billingMode: 'onDemand' },
  };
  const switchedOn = { ...running, autoStop: { ...running.autoStop, enabled: true } };
  const ifOn = idleCounting(switchedOn, { ...rules, enabled: true });
  if (!ifOn.counts) throw new Error(`idle time has no rule for ${record.id}: ${ifOn.why}`);
  const { thresholdMs, thresholdFrom, warningMs } = ifOn.clock;
  const counting = idleCounting(running, rules);
  const offFrom = counting.counts ? null : SWITCHED_OFF_BY[counting.why];
  // A time of its own is a word of its own.
  const ownWord = record.autoStop.enabled === true || thresholdFrom === 'instance';
  return {
    enabled: offFrom === null,
    enabledFrom: offFrom ?? (ownWord ? 'instance' : 'fleet'),
    thresholdMs,
    thresholdFrom,
    warningMs,
  };
}

/** Null for what says nothing about a switch, and is never met with one that runs. */
const SWITCHED_OFF_BY: Readonly<Record<IdleExemption, From | null>> = {
  'switched-off-for-all': 'fleet',
  'switched-off-for-this-one': 'instance',
  'switched-off-for-its-template': 'template',
  'made-elsewhere': null,
  'billed-monthly': null,
  'not-ready': null,
  'not-wished-to-run': null,
};
