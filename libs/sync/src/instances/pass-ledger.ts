import { type ChangeCounts, MAX_ACTIONS, NO_CHANGES, type PlannedAction, type SyncAction } from '../run/sync-report.js';

const COUNTED: Readonly<Record<SyncAction, keyof ChangeCounts>> = {
  update: 'updated',
  create: 'created',
  adopt: 'adopted',
  remove: 'removed',
  'mark-terminated': 'markedTerminated',
  leave: 'leftMissing',
};

/** What a pass has done so far, or in a dry run would have done. */
export class PassLedger {
  private counts: Record<keyof ChangeCounts, number> = { ...NO_CHANGES };
  private planned: PlannedAction[] = [];
  private plannedCount = 0;
  private readonly remarks: string[] = [];

  constructor(private readonly dryRun: boolean) {}

  /** @param action told in a dry run; made only then */
  enter(kind: SyncAction, action: () => Omit<PlannedAction, 'action'>): void {
    this.counts[COUNTED[kind]] += 1;
    if (!this.dryRun) return;
    this.plannedCount += 1;
    if (this.planned.length < MAX_ACTIONS) this.planned.push({ action: kind, ...action() });
  }

  /** One more of a kind that another entry names already, such as an adoption that also is a new record. */
  alsoCount(what: keyof ChangeCounts): void {
    this.counts[what] += 1;
  }

  remark(text: string): void {
    this.remarks.push(text);
  }

  /** The listing begins anew. A dry run has changed nothing, so it will find all of it again. */
  beginAgain(): void {
    if (!this.dryRun) return;
    this.counts = { ...NO_CHANGES };
    this.planned = [];
    this.plannedCount = 0;
  }

  get changes(): ChangeCounts {
    return { ...this.counts };
  }

  get actions(): readonly PlannedAction[] {
    return this.planned;
  }

  get actionCount(): number {
    return this.plannedCount;
  }

  get note(): string | null {
    return this.remarks.length === 0 ? null : this.remarks.join('; ');
  }
}
