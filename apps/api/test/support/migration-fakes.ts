import { ReconcileRequests } from '@app/jobs';
import {
  CheckTrigger,
  type MigrationCheckReport,
  MigrationOptions,
  type MigrationStanding,
  MigrationStatus,
  ReclaimedInstances,
  type TriggeredCheck,
} from '@app/migration';
import type { Timestamp } from '@app/platform';
import type { InjectionToken } from '@nestjs/common';

type Token = Exclude<InjectionToken, string | symbol>;

const AT = '2026-01-01T12:00:00.000Z' as Timestamp;
const CHECK_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';

export function aMigrationCheck(overrides: Partial<MigrationCheckReport> = {}): MigrationCheckReport {
  return {
    checkId: CHECK_ID,
    trigger: 'manual',
    dryRun: true,
    startedAt: AT,
    endedAt: AT,
    checked: 0,
    eligible: 0,
    handedOver: 0,
    verdicts: [],
    ...overrides,
  };
}

/** The services of migration as the routes use them. */
export class FakeMigration {
  readonly options = { enabled: true, intervalMs: 900_000, fallback: 'same-product', timeoutMs: 1_800_000 } as const;
  standing: MigrationStanding = {
    ...this.options,
    lastRun: null,
    totals: { checked: 0, eligible: 0, handedOver: 0 },
    nextRun: null,
    inFlight: 0,
  };
  report = aMigrationCheck();
  failure: Error | null = null;
  readonly triggers: { readonly dryRun: boolean; readonly by: string }[] = [];
  /** Ids that a read of all instances has shown. */
  readonly shown: string[] = [];
  readonly reconciled: string[] = [];

  /** In place of the feature's own. */
  get providers(): { readonly provide: Token; readonly useValue: object }[] {
    return [
      { provide: MigrationOptions, useValue: this.options },
      { provide: MigrationStatus, useValue: { read: () => this.answer(this.standing) } },
      {
        provide: CheckTrigger,
        useValue: {
          trigger: ({ dryRun }: { dryRun: boolean }, { keyName }: { keyName: string }): Promise<TriggeredCheck> => {
            this.triggers.push({ dryRun, by: keyName });
            const report = this.report;
            return this.answer(dryRun ? { kind: 'report', report } : { kind: 'begun', checkId: CHECK_ID });
          },
        },
      },
      {
        provide: ReclaimedInstances,
        useValue: {
          note: (items: Iterable<{ readonly id: string }>) => {
            this.shown.push(...[...items].map(({ id }) => id));
            return Promise.resolve();
          },
        },
      },
      {
        provide: ReconcileRequests,
        useValue: {
          now: (ids: readonly string[]) => {
            this.reconciled.push(...ids);
            return Promise.resolve();
          },
        },
      },
    ];
  }

  private answer<Value>(value: Value): Promise<Value> {
    return this.failure === null ? Promise.resolve(value) : Promise.reject(this.failure);
  }
}
