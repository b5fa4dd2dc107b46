import type { ReplacementPreview } from '@app/instance-store';
import type { MigrationCheckReport, MigrationStanding, RetryReport } from '@app/migration';
import { present } from '../core/http/answer.js';
import type {
  MigrationCheckReportView,
  MigrationReplacementView,
  MigrationStatusAnswer,
  MigrationTriggerReportAnswer,
  RetryAnswer,
} from './migration.dto.js';

const MINUTE_MS = 60_000;

export function renderStatus(standing: MigrationStanding): MigrationStatusAnswer {
  const { enabled, intervalMs, fallback, timeoutMs, inFlight, lastRun, nextRun, totals } = standing;
  return {
    success: true,
    message: enabled
      ? `Migration is on; ${inFlight} ${inFlight === 1 ? 'is' : 'are'} under way`
      : 'Migration is off: MIGRATION_ENABLED is false',
    data: {
      enabled,
      intervalMinutes: intervalMs / MINUTE_MS,
      fallback,
      timeoutMinutes: timeoutMs / MINUTE_MS,
      inFlight,
      ...present('lastRun', lastRun === null ? null : renderCheck(lastRun)),
      ...present('nextRun', nextRun),
      ...totals,
    },
  };
}

export function renderDryRun(report: MigrationCheckReport): MigrationTriggerReportAnswer {
  return {
    success: true,
    message: `Dry run: ${report.eligible} of ${report.checked} reclaimed instances would be migrated`,
    data: {
      ...renderCheck(report),
      verdicts: report.verdicts.map(({ id, ifOutOfStock, ...verdict }) => ({
        instanceId: id,
        ...verdict,
        ...renderPreview(ifOutOfStock),
      })),
    },
  };
}

function renderCheck(report: Omit<MigrationCheckReport, 'verdicts'>): Omit<MigrationCheckReportView, 'verdicts'> {
  const { checkId, trigger, dryRun, startedAt, endedAt, checked, eligible, handedOver } = report;
  return { checkId, trigger, dryRun, startTime: startedAt, endTime: endedAt, checked, eligible, handedOver };
}

export function renderRetry({ dryRun, checked, retried, more, instances }: RetryReport): RetryAnswer {
  const wouldRetry = instances.filter(({ action }) => action === 'would-retry').length;
  return {
    success: instances.every(({ action }) => action !== 'failed'),
    message: dryRun
      ? `Dry run: ${wouldRetry} of ${checked} failed migrations would be tried again`
      : `${retried} of ${checked} failed migrations ${retried === 1 ? 'is' : 'are'} tried again`,
    data: {
      dryRun,
      checked,
      retried,
      more,
      instances: instances.map(({ id, ifOutOfStock, ...one }) => ({
        instanceId: id,
        ...one,
        ...renderPreview(ifOutOfStock),
      })),
    },
  };
}

function renderPreview(preview: ReplacementPreview | undefined): { readonly ifOutOfStock?: MigrationReplacementView } {
  if (preview === undefined) return {};
  if (preview.kind === 'none') return { ifOutOfStock: { wouldBuy: false, reason: preview.reason } };
  const { productId, productName, region, usdPerHour } = preview.product;
  return {
    ifOutOfStock: {
      wouldBuy: true,
      productName,
      productId,
      ...present('region', region),
      ...present('pricePerHour', usdPerHour),
      agreedPricePerHour: preview.agreedUsdPerHour,
    },
  };
}
