import type { SandboxCall } from '../world/world-view.port.js';

/** Bounded: a benchmark makes millions of calls. */
const KEPT = 10_000;

export interface OpenCall {
  operation: string;
  at: number;
  instanceId: string | null;
  status: number | null;
}

/** Counts all calls and remembers the latest. */
export class CallLog {
  private readonly counts = new Map<string, number>();
  private readonly ring: (OpenCall | undefined)[] = [];
  private total = 0;

  /** @param at epoch milliseconds @returns the entry, to be filled in when the call ends */
  open(operation: string, at: number, instanceId: string | null): OpenCall {
    const call: OpenCall = { operation, at, instanceId, status: null };
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    this.ring[this.total % KEPT] = call;
    this.total++;
    return call;
  }

  count(operation?: string): number {
    return operation === undefined ? this.total : (this.counts.get(operation) ?? 0);
  }

  counters(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  /** Oldest first. */
  latest(): SandboxCall[] {
    const start = this.total > KEPT ? this.total % KEPT : 0;
    const entries = [...this.ring.slice(start), ...this.ring.slice(0, start)];
    return entries.flatMap((call) => (call === undefined ? [] : [{ ...call }]));
  }

  clear(): void {
    this.counts.clear();
    this.ring.length = 0;
    this.total = 0;
  }
}
