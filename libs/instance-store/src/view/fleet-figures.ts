import { MINUTE_MS, msFromTimestamp } from '@app/platform';
import { IDLE_REASONS, type IdleReason } from '../plan/idle-reason.js';
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
export function placeOnBill({ status }: InstanceRecord, { meter }: Meter): BilledAs | null {
  if (meter !== 'billing' && meter !== 'unpriced') return null;
  return status === 'stopped' ? 'though-stopped' : 'running';
}

/** When attention is due, for the rules of this installation. */
export interface AttentionRules {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly confirmPatienceMs: number;
}

export function needsAttentionFor(
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

/** What is added up of an instance. */
export interface SummedEntry {
  readonly record: InstanceRecord;
  readonly meter: Meter;
  /** Why it counts as idle at present; null when it does not. */
  readonly idleReason: IdleReason | null;
}

class Sum {
  instances = 0;
  private micro = 0;

  add(micro: number): void {
    this.instances += 1;
    this.micro += micro;
  }

  get figures(): FigureSum {
    return { instances: this.instances, usdPerHour: usdFromMicro(this.micro) };
  }
}

class SumsByName {
  private readonly sums = new Map<string, Sum>();

  add(name: string, micro: number): void {
    let sum = this.sums.get(name);
    if (sum === undefined) {
      sum = new Sum();
      this.sums.set(name, sum);
    }
    sum.add(micro);
  }

  get figures(): Readonly<Record<string, FigureSum>> {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum.figures]));
  }
}

/** Adds up instances in whole micro-USD, in one pass, so that all figures are of one moment and parts add up to wholes. */
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

  constructor(private readonly rules: AttentionRules) {}

  add({ record, meter, idleReason }: SummedEntry): void {
    const { spec, status, origin } = record;
    const isBilling = meter.meter === 'billing';
    const micro = isBilling ? meter.rate : 0;
    this.total.add(micro);
    const place = placeOnBill(record, meter);
    if (place !== null) (place === 'running' ? this.running : this.stopped).add(micro);
    if (meter.meter === 'unpriced') this.unpriced += 1;
    this.by.status.add(status, micro);
    this.by.region.add(spec.region ?? UNKNOWN, micro);
    this.by.product.add(spec.productName || UNKNOWN, micro);
    this.by.owner.add(ownerOf(record), micro);
    this.by.billing.add(spec.billingMode, micro);
    this.by.origin.add(origin, micro);
    if (groupOf(record) === 'orphan') this.orphans.add(micro);
    if (idleReason !== null) this.addIdle(idleReason, micro, isBilling);
    this.addAttention(record);
  }

  private addIdle(reason: IdleReason, micro: number, isPriced: boolean): void {
    this.idle.add(micro);
    this.idleBy.get(reason)?.add(micro);
    if (!isPriced) this.idleUnpriced += 1;
  }

  private addAttention(record: InstanceRecord): void {
    let needsAny = false;
    for (const reason of ATTENTION_REASONS) {
      if (!needsAttentionFor(record, reason, this.rules)) continue;
      needsAny = true;
      this.attentionBy.set(reason, (this.attentionBy.get(reason) ?? 0) + 1);
    }
    if (needsAny) this.attention += 1;
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
