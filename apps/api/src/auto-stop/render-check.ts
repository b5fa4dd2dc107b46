import type { AutoStopStats, CheckReport, InstanceVerdict } from '@app/auto-stop';
import { oneLine } from '@app/platform';
import type { IdleCost } from '@app/spend';
import { present } from '../http/present.js';
import { usd } from '../http/usd.js';
import type {
  AutoStopStatsAnswer,
  AutoStopStatsData,
  CheckReportView,
  TriggerReportAnswer,
  VerdictView,
} from './auto-stop.dto.js';
import { renderIdleCost } from './idle-cost.dto.js';
import { renderEvaluation } from './render-idle.js';
import { SAVED_METHOD } from './saved-method.js';

const MINUTE_MS = 60_000;
const MAX_DETAIL_LENGTH = 500;

export function renderDryRun(report: CheckReport): TriggerReportAnswer {
  return {
    success: report.failed === 0,
    message: dryRunMessage(report),
    data: { ...renderCheck(report), verdicts: report.verdicts.map(renderVerdict) },
  };
}

function dryRunMessage({ checked, eligible, suspended, more }: CheckReport): string {
  const looked = `${checked} instance${checked === 1 ? '' : 's'} looked at${more ? ', and more are due' : ''}`;
  if (suspended !== null) return `Dry run: nothing would be stopped, since ${suspended}; ${looked}`;
  return `Dry run: ${eligible} would be stopped; ${looked}`;
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
export function renderStats(stats: AutoStopStats, idle: IdleCost | null): AutoStopStatsAnswer {
  return { success: true, message: statsMessage(stats), data: statsData(stats, idle) };
}

function statsMessage({ enabled, suspended }: AutoStopStats): string {
  if (!enabled) return 'Auto-stop is off: AUTO_STOP_ENABLED is false';
  return suspended === null ? 'Auto-stop is on' : `Auto-stop is suspended: ${suspended}`;
}

function statsData(stats: AutoStopStats, idle: IdleCost | null): AutoStopStatsData {
  return {
    enabled: stats.enabled,
    intervalMinutes: stats.intervalMs / MINUTE_MS,
    thresholdMinutes: stats.thresholdMs / MINUTE_MS,
    warningMinutes: stats.warningMs / MINUTE_MS,
    ...present('lastRun', stats.lastRun === null ? null : renderCheck(stats.lastRun)),
    ...present('nextRun', stats.nextRun),
    ...stats.totals,
    ...present('suspended', stats.suspended),
    idle: idle === null ? null : renderIdleCost(idle),
    savedUsd: usd(stats.savedUsd),
    savedByDay: stats.savedByDay.map(({ day, usd: amount }) => ({ day, usd: usd(amount) })),
    savedMethod: SAVED_METHOD,
  };
}
