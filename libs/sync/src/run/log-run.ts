import { oneLine } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { SyncReport } from './sync-report.js';

const logger = new Logger('Sync');

const LONGEST_ERROR = 2_000;

/**
 * The lines by which operators follow the sync. Texts of the provider are cut to one line. The reason of a failed run
 * names each cause once with the kinds that it concerns.
 */
export function logRun(report: SyncReport): void {
  const { runId, outcome, changes, durationMs, options, error } = report;
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
  if (outcome === 'failed') logger.error('Sync failed', { ...run, reason: oneLine(error ?? '', LONGEST_ERROR) });
  else logger.log('Sync completed', { ...run, resources: options.resources.length });
}
