import type { InstanceId } from '@app/instance-store';
import type { Acknowledged, Kept, Use } from '../../simulation/plan/clients.js';
import type { ProcessName } from '../plan/plan.js';

type Lease = Kept<ProcessName> & { readonly untilMs: number };

/** What held from a time on, until the next one. */
interface Since<Value> {
  readonly fromMs: number;
  readonly value: Value;
}

/** What clients were promised about one instance, with the times of it: what is checked happened a moment ago. */
export class Promised {
  readonly uses: Use<ProcessName>[] = [];
  private readonly leases: Since<Lease | null>[] = [];
  private readonly thresholds: Since<number | null | undefined>[];

  constructor(
    readonly order: number,
    readonly id: InstanceId,
    readonly name: string,
    public desired: Acknowledged['desired'],
    threshold: number | null,
    private readonly autoStop: boolean,
  ) {
    this.thresholds = [{ fromMs: 0, value: threshold }];
  }

  /** @param lease null from when a request that changes it was sent: its answer may be lost */
  leaseIs(lease: Lease | null): void {
    this.leases.push({ fromMs: Date.now(), value: lease });
  }

  /** @param minutes undefined from when a request that changes it was sent */
  thresholdIs(minutes: number | null | undefined): void {
    this.thresholds.push({ fromMs: Date.now(), value: minutes });
  }

  /** What was acknowledged by that time. */
  asOf(atMs: number): Acknowledged<ProcessName> {
    const { order, id, name, desired, autoStop } = this;
    return {
      order,
      id,
      name,
      desired,
      autoStop,
      uses: this.uses.filter(({ acknowledgedMs }) => acknowledgedMs < atMs),
      lease: valueAt(this.leases, atMs) ?? null,
      threshold: valueAt(this.thresholds, atMs),
    };
  }
}

function valueAt<Value>(history: readonly Since<Value>[], atMs: number): Value | undefined {
  return history.findLast(({ fromMs }) => fromMs < atMs)?.value;
}
