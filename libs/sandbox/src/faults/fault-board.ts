import type { InstanceRecord, InstanceState } from '../world/instance-record.js';
import type { BillTrouble, Interference, Target } from '../world/interference.js';
import type { Fault, FaultKind, StandingFault } from './fault.js';
import { ActiveFault, type CallSubject } from './standing-fault.js';

type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

/** A fault that decides how a call ends. */
export type CallEnding = FaultOf<
  'error' | 'succeed-then-500' | 'succeed-then-hang' | 'hang' | 'reset' | 'malformed' | 'unknown-member' | 'rate-limit'
>;

/** What faults do to one call. */
export interface CallPlan {
  readonly delayMs: number;
  readonly ending: CallEnding | null;
  /** Lists show the past by so many milliseconds; null for the present. */
  readonly lagMs: number | null;
  readonly listFaults: readonly ActiveFault[];
}

/** What is to be wrong about a list. */
export interface Distortion {
  /** -1: something of an earlier page has gone; +1: something new has come. */
  readonly drift: number;
  readonly repeatLast: boolean;
  /** The total to claim while there are no items; null when the list is as it is. */
  readonly emptyWithTotal: number | null;
  readonly badItem: boolean;
}

export const UNDISTORTED: Distortion = { drift: 0, repeatLast: false, emptyWithTotal: null, badItem: false };

const UNDISTURBED: CallPlan = { delayMs: 0, ending: null, lagMs: null, listFaults: [] };

/** The faults that stand, and the answers to "does one strike here". */
export class FaultBoard implements Interference {
  private standing: readonly ActiveFault[] = [];

  put(fault: ActiveFault): void {
    this.standing = [...this.standing, fault];
  }

  remove(id?: string): number {
    const before = this.standing.length;
    this.standing = id === undefined ? [] : this.standing.filter((active) => active.id !== id);
    return before - this.standing.length;
  }

  list(): readonly StandingFault[] {
    return this.standing.map(({ id, fault, strikes }) => ({ id, fault, strikes }));
  }

  /** @param now epoch milliseconds. Counts a strike of every fault that takes part */
  plan(subject: CallSubject, isList: boolean, now: number): CallPlan {
    if (this.standing.length === 0) return UNDISTURBED;
    let delayMs = 0;
    let ending: CallEnding | null = null;
    let lagMs: number | null = null;
    const listFaults: ActiveFault[] = [];
    for (const active of this.standing) {
      const { fault } = active;
      if (!active.matches(subject)) continue;
      switch (fault.kind) {
        case 'latency':
          delayMs += fault.ms;
          this.strike(active);
          break;
        case 'list-lag':
          if (isList) {
            lagMs = Math.max(lagMs ?? 0, fault.ms);
            this.strike(active);
          }
          break;
        case 'page-drift':
        case 'duplicates':
        case 'empty-list':
          if (isList) listFaults.push(active);
          break;
        case 'malformed':
          if (fault.body === 'item') {
            if (isList) listFaults.push(active);
          } else if (ending === null) {
            ending = fault;
            this.strike(active);
          }
          break;
        case 'rate-limit':
          if (ending === null && exceeds(active, fault.perSecond, now)) {
            ending = fault;
            this.strike(active);
          }
          break;
        case 'error':
        case 'succeed-then-500':
        case 'succeed-then-hang':
        case 'hang':
        case 'reset':
        case 'unknown-member':
          if (ending === null) {
            ending = fault;
            this.strike(active);
          }
          break;
        case 'vanish':
        case 'late':
        case 'stuck':
        case 'fail-start':
        case 'spot-reclaim':
        case 'out-of-stock':
        case 'migrate-elsewhere':
        case 'out-of-balance':
        case 'port-silent':
        case 'bill-late':
        case 'bill-missing-day':
        case 'bill-unit':
        case 'bill-charges':
          break;
      }
    }
    return { delayMs, ending, lagMs, listFaults };
  }

  /** What the faults of a plan make of its list; only those that change this page count as having struck. */
  distort(listFaults: readonly ActiveFault[], window: { readonly offset: number; readonly size: number }): Distortion {
    let distortion = UNDISTORTED;
    const laterPage = window.offset > 0 && window.size > 0;
    for (const active of listFaults) {
      const { fault } = active;
      if (fault.kind === 'empty-list') distortion = { ...distortion, emptyWithTotal: fault.total ?? 0 };
      else if (fault.kind === 'malformed') distortion = { ...distortion, badItem: true };
      else if (!laterPage) continue;
      else if (fault.kind === 'duplicates') distortion = { ...distortion, repeatLast: true };
      else if (fault.kind === 'page-drift') {
        distortion = { ...distortion, drift: distortion.drift + (fault.direction === 'inserted' ? 1 : -1) };
      }
      this.strike(active);
    }
    return distortion;
  }

  outOfStock(operation: string, target: Target): boolean {
    return (
      this.strikesTarget(
        'out-of-stock',
        operation,
        target,
        (fault) => fault.productId === undefined || fault.productId === target.productId,
      ) !== null
    );
  }

  outOfBalance(operation: string, target: Target): boolean {
    return this.strikesTarget('out-of-balance', operation, target) !== null;
  }

  migratesElsewhere(operation: string, target: Target): boolean {
    return this.strikesTarget('migrate-elsewhere', operation, target) !== null;
  }

  balanceEmpty(): boolean {
    return this.standing.some(({ fault }) => fault.kind === 'out-of-balance');
  }

  billing(): BillTrouble {
    const missingDays = new Set<string>();
    let trouble: BillTrouble = { lateHours: 0, missingDays, unitFactor: 1, percent: 100 };
    for (const { fault } of this.standing) {
      if (fault.kind === 'bill-late') trouble = { ...trouble, lateHours: Math.max(trouble.lateHours, fault.hours) };
      else if (fault.kind === 'bill-missing-day') missingDays.add(fault.day);
      else if (fault.kind === 'bill-unit') trouble = { ...trouble, unitFactor: fault.factor };
      else if (fault.kind === 'bill-charges') trouble = { ...trouble, percent: fault.percent };
    }
    return trouble;
  }

  startFailure(operation: string, target: Target): string | null {
    return this.strikesTarget('fail-start', operation, target)?.message ?? null;
  }

  holds(record: InstanceRecord): boolean {
    return this.standing.some(
      (active) =>
        active.fault.kind === 'stuck' &&
        active.fault.status === record.status &&
        active.matchesInstance(record.id, record.name),
    );
  }

  hides(instance: Pick<InstanceState, 'id' | 'createdAt'>, from: 'lists' | 'reads', now: number): boolean {
    return this.standing.some(({ fault, hidden }) => {
      if (fault.kind === 'vanish') return hidden.has(instance.id) && (from === 'lists' || fault.from !== 'lists');
      if (fault.kind !== 'late') return false;
      return now < instance.createdAt + ((from === 'lists' ? fault.listsMs : fault.readsMs) ?? 0);
    });
  }

  hidesFromLists(): boolean {
    return this.standing.some(({ fault }) => fault.kind === 'vanish' || fault.kind === 'late');
  }

  silences(record: InstanceRecord, port: number): '503' | 'nothing' | null {
    for (const active of this.standing) {
      const { fault } = active;
      if (fault.kind !== 'port-silent' || !active.matchesInstance(record.id, record.name)) continue;
      if (fault.port === undefined || fault.port === port) return fault.answer ?? '503';
    }
    return null;
  }

  private strikesTarget<Kind extends FaultKind>(
    kind: Kind,
    operation: string,
    target: Target,
    applies: (fault: FaultOf<Kind>) => boolean = () => true,
  ): FaultOf<Kind> | null {
    const isKind = (fault: Fault): fault is FaultOf<Kind> => fault.kind === kind;
    for (const active of this.standing) {
      const { fault } = active;
      if (!isKind(fault) || !active.matches({ operation, ...target }) || !applies(fault)) continue;
      this.strike(active);
      return fault;
    }
    return null;
  }

  private strike(active: ActiveFault): void {
    active.strikes++;
    if (active.usedUp) this.remove(active.id);
  }
}

/** Counts the call, in seconds of the wall clock. */
function exceeds(active: ActiveFault, perSecond: number, now: number): boolean {
  const second = Math.floor(now / 1_000);
  if (second !== active.countedSecond) {
    active.countedSecond = second;
    active.callsInSecond = 0;
  }
  active.callsInSecond++;
  return active.callsInSecond > perSecond;
}
