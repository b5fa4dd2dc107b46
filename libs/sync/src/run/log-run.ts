import { oneLine } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { SyncReport } from './sync-report.js';

const logger = new Logger('Sync');

const LONGEST_ERROR = 500;

/** The lines by which operators follow the sync. Texts of the provider are cut to one line. */
export function logRun(report: SyncReport): void {
  const { runId, outcome, changes, durationMs, options, failures, error } = report;
  const run = { runId, durationMs, ...(options.dryRun ? { dryRun: true } : {}) };
  if (report.novitaInstances !== null) {
    logger.log('Instance sync completed', {
      ...run,
      updated: changes.updated,
      created: changes.created,
      removed: changes.removed,
      markedObsolete: changes.markedTerminated,
      totalNovitaInstances: report.novitaInstances,
      totalLocalInstances: report.recordsBefore,
      held: report.held !== null,
    });
  }
  for (const failure of failures) {
    logger.warn('A kind of resources could not be synced', {
      runId,
      resource: failure.resource,
      reason: oneLine(failure.error, LONGEST_ERROR),
    });
  }
  if (outcome === 'failed') logger.error('Sync failed', { ...run, reason: oneLine(error ?? '', LONGEST_ERROR) });
  else logger.log('Sync completed', { ...run, resources: options.resources.length });
}
