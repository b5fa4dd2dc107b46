import { MINUTE_MS, msFromTimestamp } from '@app/platform';
import { earliestAfter, IDLE_REASONS, type IdleReason } from '../plan/idle-reason.js';
import { type Meter, meterOf, UNKNOWN, usdFromMicro } from '../plan/meter.js';
import { confirmByMs } from '../plan/prepared-record.js';
import { groupOf, type InstanceRecord, ownerOf } from '../record/instance.js';
import { isLive } from '../record/instance-status.js';

/** An observation that is late by less is still under way. */
const LATE_MS = MINUTE_MS;

/**
 * Why an instance needs attention. `failed`: it failed. `unconfirmed`: its stop or delete waits for Novita's agreement for too
 * long. `overdue`: it should have been observed more than a minute ago. `missing`: listings of Novita lack it.
 */
export const ATTENTION_REASONS = ['failed', 'unconfirmed', 'overdue', 'missing'] as const;
export type AttentionReason = (typeof ATTENTION_REASONS)[number];

/** What an instance may be on the bill as at present. */
export type BilledAs = 'running' | 'though-stopped';

interface FigureSum {
  readonly instances: number;
  /** Of those with a known price that are billed now. */
  readonly usdPerHour: number;
}

/** What the instances that match a filter add up to; USD per hour. */
export interface FleetSummary {
  readonly total: number;
  readonly running: FigureSum;
  /** Paid by the month: a stop does not end it. */
  readonly billedThoughStopped: FigureSum;
  /** Both together. */
  readonly costUsdPerHour: number;
  /** Billed now at a price that nobody knows; in no sum of USD. */
  readonly unpriced: number;
  readonly idle: FigureSum & {
    readonly unpriced: number;
    /** Adds up to the whole. */
    readonly byReason: Readonly<Record<IdleReason, FigureSum>>;
  };
  /** An instance may have several reasons, and counts once in `instances`. */
  readonly attention: { readonly instances: number; readonly byReason: Readonly<Record<AttentionReason, number>> };
  /** Made elsewhere, and neither adopted nor set aside. */
  readonly orphans: FigureSum;
  /** Each of these adds up to `total` and to `costUsdPerHour`. */
  readonly byStatus: Readonly<Record<string, FigureSum>>;
  readonly byRegion: Readonly<Record<string, FigureSum>>;
  readonly byProduct: Readonly<Record<string, FigureSum>>;
  readonly byOwner: Readonly<Record<string, FigureSum>>;
  readonly byBilling: Readonly<Record<string, FigureSum>>;
  readonly byOrigin: Readonly<Record<string, FigureSum>>;
}

/** Null for one that costs nothing now. */
export function billedAs(record: InstanceRecord): BilledAs | null {
  return placeOnBill(record, meterOf(record));
}

/** @param meter that of the record */
function placeOnBill({ status }: InstanceRecord, { meter }: Meter): BilledAs | null {
  if (meter !== 'billing' && meter !== 'unpriced') return null;
  return status === 'stopped' ? 'though-stopped' : 'running';
}

/** When attention is due, for the rules of this installation. */
export interface AttentionRules {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly confirmPatienceMs: number;
}

function needsAttentionFor(
  record: InstanceRecord,
  reason: AttentionReason,
  { nowMs, confirmPatienceMs }: AttentionRules,
): boolean {
  switch (reason) {
    case 'failed':
      return record.status === 'failed';
    case 'unconfirmed': {
      const by = confirmByMs(record, confirmPatienceMs);
      return by !== null && by <= nowMs;
    }
    case 'overdue': {
      const next = record.deadlines.nextReconcileAt;
      return next !== undefined && msFromTimestamp(next) <= nowMs - LATE_MS;
    }
    case 'missing':
      return record.missingSince !== null && isLive(record.status);
  }
}

const NO_REASON: readonly AttentionReason[] = [];

/** Why an instance needs attention at present, in the order of the reasons. */
export function attentionOf(record: InstanceRecord, rules: AttentionRules): readonly AttentionReason[] {
  const reasons = ATTENTION_REASONS.filter((reason) => needsAttentionFor(record, reason, rules));
  return reasons.length === 0 ? NO_REASON : reasons;
}

/** When `attentionOf` next answers otherwise, if the instance is not written until then. Epoch milliseconds; null for never. */
export function attentionChangesAt(
  record: InstanceRecord,
  { nowMs, confirmPatienceMs }: AttentionRules,
): number | null {
  const confirmBy = confirmByMs(record, confirmPatienceMs);
  const next = record.deadlines.nextReconcileAt;
  if (confirmBy === null && next === undefined) return null;
  const overdueAt = next === undefined ? [] : [msFromTimestamp(next) + LATE_MS];
  return earliestAfter(nowMs, confirmBy === null ? overdueAt : [...overdueAt, confirmBy]);
}

/** What is added up of an instance. */
export interface SummedEntry {
  readonly record: InstanceRecord;
  /** Why it counts as idle at present; null when it does not. */
  readonly idleReason: IdleReason | null;
  /** Why it needs attention at present. */
  readonly attention: readonly AttentionReason[];
}

class Sum {
  instances = 0;
  private micro = 0;

  /** @param by -1 takes out again what was added */
  add(micro: number, by: 1 | -1): void {
    this.instances += by;
    this.micro += by * micro;
  }

  get figures(): FigureSum {
    return { instances: this.instances, usdPerHour: usdFromMicro(this.micro) };
  }
}

class SumsByName {
  private readonly sums = new Map<string, Sum>();

  add(name: string, micro: number, by: 1 | -1): void {
    let sum = this.sums.get(name);
    if (sum === undefined) {
      sum = new Sum();
      this.sums.set(name, sum);
    }
    sum.add(micro, by);
    if (sum.instances === 0) this.sums.delete(name);
  }

  get figures(): Readonly<Record<string, FigureSum>> {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum.figures]));
  }
}

/** Adds up instances in whole micro-USD, so that parts add up to wholes, and what is taken out leaves nothing behind. */
export class FleetSums {
  private readonly total = new Sum();
  private readonly running = new Sum();
  private readonly stopped = new Sum();
  private readonly idle = new Sum();
  private readonly orphans = new Sum();
  private readonly idleBy = new Map(IDLE_REASONS.map((reason) => [reason, new Sum()]));
  private readonly attentionBy = new Map<AttentionReason, number>();
  private attention = 0;
  private unpriced = 0;
  private idleUnpriced = 0;
  private readonly by = {
    status: new SumsByName(),
    region: new SumsByName(),
    product: new SumsByName(),
    owner: new SumsByName(),
    billing: new SumsByName(),
    origin: new SumsByName(),
  };

  add(entry: SummedEntry): void {
    this.count(entry, 1);
  }

  /** Takes out an entry that was added, and is as it was then. */
  remove(entry: SummedEntry): void {
    this.count(entry, -1);
  }

  private count({ record, idleReason, attention }: SummedEntry, by: 1 | -1): void {
    const { spec, status, origin } = record;
    const meter = meterOf(record);
    const isBilling = meter.meter === 'billing';
    const micro = isBilling ? meter.rate : 0;
    this.total.add(micro, by);
    const place = placeOnBill(record, meter);
    if (place !== null) (place === 'running' ? this.running : this.stopped).add(micro, by);
    if (meter.meter === 'unpriced') this.unpriced += by;
    this.by.status.add(status, micro, by);
    this.by.region.add(spec.region ?? UNKNOWN, micro, by);
    this.by.product.add(spec.productName || UNKNOWN, micro, by);
    this.by.owner.add(ownerOf(record), micro, by);
    this.by.billing.add(spec.billingMode, micro, by);
    this.by.origin.add(origin, micro, by);
    if (groupOf(record) === 'orphan') this.orphans.add(micro, by);
    if (idleReason !== null) {
      this.idle.add(micro, by);
      this.idleBy.get(idleReason)?.add(micro, by);
      if (!isBilling) this.idleUnpriced += by;
    }
    for (const reason of attention) this.attentionBy.set(reason, (this.attentionBy.get(reason) ?? 0) + by);
    if (attention.length > 0) this.attention += by;
  }

  summary(): FleetSummary {
    const { status, region, product, owner, billing, origin } = this.by;
    const idleOf = (reason: IdleReason): FigureSum => (this.idleBy.get(reason) ?? new Sum()).figures;
    const attentionOf = (reason: AttentionReason): number => this.attentionBy.get(reason) ?? 0;
    return {
      total: this.total.instances,
      running: this.running.figures,
      billedThoughStopped: this.stopped.figures,
      costUsdPerHour: this.total.figures.usdPerHour,
      unpriced: this.unpriced,
      idle: {
        ...this.idle.figures,
        unpriced: this.idleUnpriced,
        byReason: {
          due: idleOf('due'),
          notYetDue: idleOf('notYetDue'),
          autoStopOff: idleOf('autoStopOff'),
          monthly: idleOf('monthly'),
          useNotKnown: idleOf('useNotKnown'),
        },
      },
      attention: {
        instances: this.attention,
        byReason: {
          failed: attentionOf('failed'),
          unconfirmed: attentionOf('unconfirmed'),
          overdue: attentionOf('overdue'),
          missing: attentionOf('missing'),
        },
      },
      orphans: this.orphans.figures,
      byStatus: status.figures,
      byRegion: region.figures,
      byProduct: product.figures,
      byOwner: owner.figures,
      byBilling: billing.figures,
      byOrigin: origin.figures,
    };
  }
}
