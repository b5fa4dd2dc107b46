import type { Timestamp } from '@app/platform';
import { type ReportedUse, USES_KEPT } from '../ports/read-marks.port.js';
import type { InstanceId } from '../record/identity.js';

/** The latest uses of one process in the order of their reports, as the stream of uses in Redis holds them. */
export class MemoryUses {
  private readonly uses: ReportedUse[] = [];
  /** How many were reported before the first one that is kept. */
  private before = 0;

  note(id: InstanceId, at: Timestamp): void {
    this.uses.push({ id, at });
    if (this.uses.length < 2 * USES_KEPT) return;
    this.uses.splice(0, USES_KEPT);
    this.before += USES_KEPT;
  }

  /** How many were reported so far. */
  get reported(): number {
    return this.before + this.uses.length;
  }

  /** Those after the first so many, the oldest first; null when some of them are gone. */
  after(count: number, limit: number): readonly ReportedUse[] | null {
    if (count < this.before) return null;
    return this.uses.slice(count - this.before, count - this.before + limit);
  }
}
