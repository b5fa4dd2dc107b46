import {
  FleetView,
  hasFailedMigration,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  type Migration,
  type ReplacementPreview,
  ReplacementPreviews,
  recordWithDesiredState,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, oneLine, Problem, sideBySide, timestampFromMs } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { migrationProblems } from '../migration.problems.js';
import { MigrationOptions } from '../migration-options.js';

/** What was done about one failed migration. */
export interface RetriedMigration {
  readonly id: InstanceId;
  readonly name: string;
  /** `would-retry`: in a dry run. */
  readonly action: 'retried' | 'would-retry' | 'skipped' | 'failed';
  /** In words. */
  readonly reason: string;
  /** In a dry run, of one that would be tried again, where MIGRATION_FALLBACK buys another instance for want of stock. */
  readonly ifOutOfStock?: ReplacementPreview;
}

export interface RetryReport {
  readonly dryRun: boolean;
  readonly checked: number;
  /** None in a dry run. */
  readonly retried: number;
  /** More have failed than one request retries. */
  readonly more: boolean;
  readonly instances: readonly RetriedMigration[];
}

const PAGE = 200;
/** Migrations that one request retries. */
const MOST = 1_000;
const SIDE_BY_SIDE = 16;
const MAX_REASON = 300;

/** Tries failed migrations again because a person asks for it, those too that were given up. For API processes. */
@Injectable()
export class FailedMigrations {
  private readonly logger = new Logger(FailedMigrations.name);

  constructor(
    private readonly fleet: FleetView,
    private readonly records: InstanceRecords,
    private readonly reconciles: ReconcileRequests,
    private readonly clock: Clock,
    private readonly options: MigrationOptions,
    @Optional() @Inject(ReplacementPreviews) private readonly previews: ReplacementPreviews | null = null,
  ) {}

  /**
   * @param dryRun says what would be done, and what would be bought for want of stock; writes nothing
   * @throws Problem `migration-disabled`; StoreUnavailableError, FleetNotLoadedError
   */
  async retry(
    { dryRun }: { readonly dryRun: boolean },
    { keyName }: { readonly keyName: string },
  ): Promise<RetryReport> {
    if (dryRun) return this.preview();
    if (!this.options.enabled)
      throw new Problem(migrationProblems['migration-disabled'], {
        detail: 'MIGRATION_ENABLED is false in this installation.',
      });
    const { failed, more } = await this.failed();
    const instances = await sideBySide(failed, SIDE_BY_SIDE, (record) => this.retryOne(record, keyName));
    const retried = instances.filter(({ action }) => action === 'retried');
    await this.reconciles.now(retried.map(({ id }) => id));
    this.logger.log('failed migrations are tried again', { retried: retried.length, of: failed.length, by: keyName });
    return { dryRun, checked: failed.length, retried: retried.length, more, instances };
  }

  private async preview(): Promise<RetryReport> {
    const { failed, more } = await this.failed();
    const now = this.clock.now();
    const retries = failed.map((record) => ({ record, ...retryOf(record, now) }));
    const previews = await this.previews?.of(retries.flatMap(({ record, next }) => (next === null ? [] : [record])));
    const instances = retries.map(({ record: { id, name }, next, reason }): RetriedMigration => {
      const ifOutOfStock = previews?.get(id);
      const action = next === null ? 'skipped' : 'would-retry';
      return { id, name, action, reason, ...(ifOutOfStock !== undefined && { ifOutOfStock }) };
    });
    return { dryRun: true, checked: failed.length, retried: 0, more, instances };
  }

  private async failed(): Promise<{ readonly failed: readonly InstanceRecord[]; readonly more: boolean }> {
    const failed: InstanceRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.fleet.list({
        statuses: ['failed'],
        billings: ['spot'],
        limit: PAGE,
        sort: 'createdAt',
        ...(cursor !== null && { cursor }),
      });
      failed.push(...page.instances.map(({ record }) => record).filter(hasFailedMigration));
      cursor = page.nextCursor;
    } while (cursor !== null && failed.length < MOST);
    return { failed: failed.slice(0, MOST), more: cursor !== null || failed.length > MOST };
  }

  private async retryOne({ id, name }: InstanceRecord, keyName: string): Promise<RetriedMigration> {
    let reason = 'it was changed in the meantime';
    try {
      const result = await updateInstance(
        this.records,
        id,
        { kind: 'command' },
        (current) => {
          const retry = retryOf(current, this.clock.now());
          reason = retry.reason;
          return retry.next ?? current;
        },
        () => ({
          reason: 'a person had the failed migration tried again',
          entry: {
            at: this.clock.timestamp(),
            kind: 'decision',
            by: `user:${keyName}`,
            reason: 'the failed migration is tried again',
          },
        }),
      );
      return { id, name, action: result.outcome === 'written' ? 'retried' : 'skipped', reason };
    } catch (error) {
      const detail = oneLine(error instanceof Error ? error.message : String(error), MAX_REASON);
      return { id, name, action: 'failed', reason: detail };
    }
  }
}

/** Pure. What a retry makes of a record, and why. @param now milliseconds since 1970 */
export function retryOf(
  record: InstanceRecord,
  now: number,
): { readonly next: InstanceRecord | null; readonly reason: string } {
  const { migration } = record;
  if (migration === null || !hasFailedMigration(record)) return { next: null, reason: 'its migration has not failed' };
  if (migration.arrivedAt !== null && migration.arrivedAt >= migration.reclaimSeenAt) {
    return { next: null, reason: 'it is on its new machine and failed to start there: start it' };
  }
  // Of a migration that was given up, the answer may have been lost, and without our marker a new instance cannot be found.
  if (record.marker === '' && record.desired.state !== 'running') {
    return {
      next: null,
      reason:
        'another instance may run in its place, under an id that is not known here: look for it at Novita, and start this one yourself',
    };
  }
  const at = timestampFromMs(now);
  const waiting: Migration = { ...migration, state: 'waiting', since: at, nextAttemptAt: at };
  if (record.desired.state === 'running') {
    const next = { ...record, migration: waiting, deadlines: { ...record.deadlines, nextReconcileAt: at } };
    return { next, reason: 'its next attempt is brought forward' };
  }
  const wanted = recordWithDesiredState({ ...record, migration: waiting }, 'running', 'migration', now);
  return { next: { ...wanted, status: 'stopped' }, reason: 'it had been given up, and is tried again' };
}
