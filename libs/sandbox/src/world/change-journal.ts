import type { InstanceState } from './instance-record.js';

interface Change {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly instanceId: string;
  /** Null when the instance did not exist before. */
  readonly before: InstanceState | null;
}

/** Enough for a burst of changes; older ones are forgotten so that memory stays bounded. */
const KEPT = 20_000;

/** What instances were before their latest changes: lets a lagging list show the past. */
export class ChangeJournal {
  private readonly changes: (Change | undefined)[] = [];
  private next = 0;

  note(at: number, instanceId: string, before: InstanceState | null): void {
    this.changes[this.next % KEPT] = { at, instanceId, before };
    this.next++;
  }

  /** The states at `time` of instances that changed after it; null for those that did not exist. */
  statesAt(time: number): Map<string, InstanceState | null> {
    const states = new Map<string, InstanceState | null>();
    for (let index = this.next - 1; index >= Math.max(0, this.next - KEPT); index--) {
      const change = this.changes[index % KEPT];
      if (change === undefined || change.at <= time) break;
      states.set(change.instanceId, change.before);
    }
    return states;
  }
}
