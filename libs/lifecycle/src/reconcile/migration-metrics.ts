import { type InstanceRecord, type Migration, migrationDurationMs } from '@app/instance-store';
import { Counter, Histogram, type Registry } from 'prom-client';

/** What became of a migration, or of an attempt at one. */
const OUTCOMES = [
  'reclaimed',
  'requested',
  'bought',
  'migrated',
  'out_of_stock',
  'failed',
  'timed_out',
  'given_up',
] as const;
type Outcome = (typeof OUTCOMES)[number];

const SECONDS = [30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** Counts migrations by what each write of this process says of them. */
export class MigrationMetrics {
  private readonly outcomes: Counter<'outcome'>;
  private readonly duration: Histogram;

  constructor(registry: Registry) {
    this.outcomes = new Counter({
      name: 'novita_fleet_migrations_total',
      help: 'Reclaimed spot instances, and migrations of them, by what became of them',
      labelNames: ['outcome'],
      registers: [registry],
    });
    // An alert on an increase needs the 0 before the first one.
    for (const outcome of OUTCOMES) this.outcomes.inc({ outcome }, 0);
    this.duration = new Histogram({
      name: 'novita_fleet_migration_duration_seconds',
      help: 'From the first read that showed the reclaim of a spot instance until it was ready again',
      buckets: SECONDS,
      registers: [registry],
    });
  }

  /** @param after as it was written in place of `before` */
  note(before: InstanceRecord, after: InstanceRecord): void {
    const { migration } = after;
    if (migration === null || migration === before.migration) return;
    for (const outcome of outcomesOf(before.migration, after, migration)) this.outcomes.inc({ outcome });
    const isBought = migration.fallback?.state === 'bought' && before.migration?.fallback?.state !== 'bought';
    if (isBought) this.outcomes.inc({ outcome: 'bought' });
    const { migrated } = after.timestamps;
    if (migration.state === 'done' && before.migration?.state !== 'done' && migrated !== undefined) {
      this.duration.observe(migrationDurationMs(migration, migrated) / 1_000);
    }
  }
}

function outcomesOf(
  before: Migration | null,
  { lastError, desired }: InstanceRecord,
  after: Migration,
): readonly Outcome[] {
  const from = before?.state ?? null;
  if (after.state === from && after.nextAttemptAt === before?.nextAttemptAt) return [];
  switch (after.state) {
    case 'waiting':
      if (before?.reclaimSeenAt !== after.reclaimSeenAt) return ['reclaimed'];
      return from === 'requested' && lastError?.code === 'resource-constraints' ? ['out_of_stock'] : [];
    case 'requested':
      return after.fallback?.state === 'open' ? [] : ['requested'];
    case 'done':
      return from === 'done' ? [] : ['migrated'];
    case 'failed':
      return desired.state === 'running' ? [failureOf(lastError?.code)] : [failureOf(lastError?.code), 'given_up'];
    case 'under-way':
    case 'starting':
    case 'superseded':
      return [];
  }
}

function failureOf(code: string | undefined): Outcome {
  if (code === 'resource-constraints') return 'out_of_stock';
  return code === 'migration-timeout' ? 'timed_out' : 'failed';
}
