import {
  costMicro,
  type DeadlineKind,
  dayOf,
  type InstanceRecord,
  lifetimeEndsAt,
  usdFromMicro,
} from '@app/instance-store';
import { HOUR_MS, MINUTE_MS, msFromTimestamp, timestampFromMs } from '@app/platform';
import type { SandboxInstance, WorldView } from '@app/sandbox';
import type { Acknowledged } from '../plan/clients.js';
import type { SharedState } from '../processes/shared-state.js';
import { mayBill, type NovitaWorld } from '../world/novita-world.js';
import type { LatestRecords } from './latest-records.js';
import { Violation } from './violation.js';

/** How long after its time a deadline may be met: its job is lost, the next sweep finds it, its check comes. */
const OVERDUE_MS = 6 * MINUTE_MS;
const DEADLINES: readonly DeadlineKind[] = [
  'startupBy',
  'nextReconcileAt',
  'migrateBy',
  'holdUntil',
  'purgeAt',
  'confirmBy',
  'lifetimeEndsAt',
  'autoStopAt',
];

/** In calm nothing takes longer to be carried out. */
const BEGUN_MS = 5 * MINUTE_MS;

/** What must be so once it has been calm for a while. */
export class EndChecks {
  constructor(
    private readonly world: { readonly view: Pick<WorldView, 'instances' | 'instance'> },
    private readonly state: Pick<SharedState, 'deadlines'>,
    private readonly records: Pick<LatestRecords, 'all' | 'get'>,
    private readonly clients: { readonly acknowledged: readonly Pick<Acknowledged, 'id' | 'name' | 'desired'>[] },
    private readonly now: () => number,
    private readonly patience = { overdueMs: OVERDUE_MS, begunMs: BEGUN_MS },
  ) {}

  /** @throws Violation */
  async check(): Promise<void> {
    this.checkBills();
    this.checkDesired();
    this.checkLifetimes();
    await this.checkDeadlines();
  }

  private checkBills(): void {
    const known = new Map(this.records.all().map((record) => [record.novitaInstanceId as string | null, record]));
    for (const instance of this.world.view.instances()) {
      if (!mayBill(instance)) continue;
      const record = known.get(instance.id);
      if (record === undefined)
        throw new Violation('every bill has a record', `${instance.id} (${instance.name}) is ${instance.status}`);
      if (record.status === 'terminated' || record.status === 'stopped') {
        throw new Violation(
          'every bill has a record',
          `${instance.id} (${instance.name}) is ${instance.status}, its record ${record.status}`,
        );
      }
    }
  }

  private checkDesired(): void {
    for (const record of this.records.all()) {
      if (record.origin === 'discovered') continue;
      const wrong = this.unmet(record);
      if (wrong !== null)
        throw new Violation('every wish is met or says why', `${record.name} (${record.id}): ${wrong}`);
    }
    for (const { id, name, desired } of this.clients.acknowledged) {
      const record = this.records.get(id);
      // Tombstones are kept for a week.
      if (record === null)
        throw new Violation('every wish is met or says why', `${name} was acknowledged, and has no record`);
      // A process that Redis is hidden from takes a stop of what another one has deleted: nothing runs, as was asked for.
      if (desired.state === 'stopped' && record.desired.state === 'deleted') continue;
      if (record.desired.at < desired.at && record.desired.state !== desired.state) {
        throw new Violation(
          'every wish is met or says why',
          `${name}: ${desired.state} was acknowledged at ${desired.at}, the record desires ${record.desired.state} since ${record.desired.at}`,
        );
      }
      if (record.desired.at === desired.at && record.desired.state !== desired.state) {
        throw new Violation(
          'every wish is met or says why',
          `${name}: ${desired.state} was acknowledged, not ${record.desired.state}`,
        );
      }
    }
  }

  /** By what Novita has, whatever the deadlines say. */
  private checkLifetimes(): void {
    for (const record of this.records.all()) {
      const endsAt = record.origin === 'discovered' ? null : lifetimeEndsAt(record);
      if (endsAt === null || record.novitaInstanceId === null) continue;
      const overMs = this.now() - msFromTimestamp(endsAt) - this.patience.overdueMs;
      const there = this.world.view.instance(record.novitaInstanceId);
      if (overMs <= 0 || there?.status !== 'running') continue;
      throw new Violation('nothing outlives its lifetime', `${record.name} was to end at ${endsAt}, and runs`);
    }
  }

  private unmet(record: InstanceRecord): string | null {
    const { status, desired, lastError, confirmedAt, novitaInstanceId, deadlines } = record;
    // What was desired just now, as by auto-stop, is under way.
    const isYoung = this.now() - msFromTimestamp(desired.at) < this.patience.begunMs;
    if (isYoung && deadlines.nextReconcileAt !== undefined) return null;
    const there = novitaInstanceId === null ? undefined : this.world.view.instance(novitaInstanceId);
    switch (desired.state) {
      case 'running':
        if (status === 'ready')
          return there?.status === 'running' ? null : `ready, and Novita has it ${there?.status ?? 'not'}`;
        // On its way still, as a migration may be for hours: then something is to come, and it says why it waits.
        if (deadlines.nextReconcileAt === undefined) return `${status}, desired still, and nothing is to come`;
        return lastError === null && status !== 'migrating' ? `${status} without a reason` : null;
      case 'stopped':
        if (there !== undefined && mayBill(there)) return `to be stopped, and Novita has it ${there.status}`;
        if (status === 'stopped') return null;
        if (status === 'failed')
          return confirmedAt === null
            ? 'failed, and Novita has not agreed'
            : lastError === null
              ? 'failed without a reason'
              : null;
        return `to be stopped, and still ${status}`;
      case 'deleted':
        if (there !== undefined && mayBill(there)) return `to be deleted, and Novita has it ${there.status}`;
        return status === 'terminated' ? null : `to be deleted, and still ${status}`;
    }
  }

  private async checkDeadlines(): Promise<void> {
    const since = timestampFromMs(this.now() - this.patience.overdueMs);
    for (const kind of DEADLINES) {
      const [late] = await this.state.deadlines.due(kind, since, 1);
      if (late === undefined) continue;
      const record = this.records.get(late);
      throw new Violation('no deadline overdue', `${kind} of ${record?.name ?? late} (${record?.status})`);
    }
  }
}

/** What one instance has cost up to a moment, as we meter it and as Novita does. */
interface Standing {
  readonly record: InstanceRecord;
  readonly ours: { readonly recordUsd: number; readonly meterUsd: number };
  readonly theirs: SandboxInstance;
}

/** Cents of rounding, in USD. */
const ROUNDING_USD = 0.0005;

/** Compares our meters with what runs at Novita over a time in which nothing changes: there they must agree to the cent. */
export class BillCheck {
  private before = new Map<string, Standing>();
  private beganMs = 0;

  constructor(
    private readonly world: NovitaWorld,
    private readonly state: SharedState,
    private readonly records: LatestRecords,
    private readonly now: () => number,
  ) {}

  async begin(): Promise<void> {
    this.beganMs = this.now();
    this.before = await this.standings();
  }

  /** @returns how many instances were compared @throws Violation */
  async end(): Promise<number> {
    let compared = 0;
    const hours = (this.now() - this.beganMs) / HOUR_MS;
    for (const [id, { record, ours, theirs }] of await this.standings()) {
      const earlier = this.before.get(id);
      // What began or ended meanwhile was metered from an observation on, not from the moment.
      if (earlier?.record.revision !== record.revision || !isSame(earlier.theirs, theirs)) continue;
      compared += 1;
      const bill = mayBill(theirs) ? (record.price.usdPerHour ?? 0) * hours : 0;
      for (const kind of ['recordUsd', 'meterUsd'] as const) {
        const metered = ours[kind] - earlier.ours[kind];
        if (Math.abs(metered - bill) <= ROUNDING_USD) continue;
        throw new Violation(
          'meters equal the bill',
          `${record.name} (${record.status}, ${theirs.status}) cost ${bill.toFixed(4)} USD in ${hours} h, and ${kind} says ${metered.toFixed(4)}`,
        );
      }
    }
    return compared;
  }

  private async standings(): Promise<Map<string, Standing>> {
    const nowMs = this.now();
    await this.state.spend.accrue(timestampFromMs(nowMs), new AbortController().signal);
    const standings = new Map<string, Standing>();
    for (const record of this.records.all()) {
      const theirs = record.novitaInstanceId === null ? undefined : this.world.view.instance(record.novitaInstanceId);
      if (theirs === undefined || record.spec.billingMode === 'monthly') continue;
      const days = await this.state.spend.daysOf(record.id, dayOf(nowMs) - 30);
      const meterUsd = days.reduce((sum, { usd }) => sum + usd, 0);
      const recordUsd = record.cost === null ? 0 : usdFromMicro(costMicro(record.cost, nowMs));
      standings.set(record.id, { record, ours: { recordUsd, meterUsd }, theirs });
    }
    return standings;
  }
}

function isSame(one: SandboxInstance, other: SandboxInstance): boolean {
  return (
    one.status === other.status &&
    one.lastStartedAt === other.lastStartedAt &&
    one.lastStoppedAt === other.lastStoppedAt
  );
}
