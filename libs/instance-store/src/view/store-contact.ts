import type { Clock, Timestamp } from '@app/platform';

/** So many answers that are late in a row mean that the store is away; one that is refused means it at once. */
const LATE_IN_A_ROW = 2;
/** So many in a row mean that it is back, so that one which comes and goes is not believed at each turn. */
const ANSWERS_IN_A_ROW = 3;

/** Whether the store answers, as reads find out. No I/O. */
export class StoreContact {
  private late = 0;
  private answers = 0;
  private away = false;
  private lastAt: Timestamp;

  constructor(
    private readonly clock: Clock,
    private readonly onChange: (isAway: boolean) => void,
  ) {
    this.lastAt = clock.timestamp();
  }

  get isAway(): boolean {
    return this.away;
  }

  /** When the store answered last; when this process began, before the first time. */
  get lastContact(): Timestamp {
    return this.lastAt;
  }

  answered(): void {
    this.lastAt = this.clock.timestamp();
    this.late = 0;
    this.answers++;
    if (this.away && this.answers >= ANSWERS_IN_A_ROW) this.change(false);
  }

  tookTooLong(): void {
    this.answers = 0;
    this.late++;
    if (this.late >= LATE_IN_A_ROW) this.change(true);
  }

  refused(): void {
    this.answers = 0;
    this.change(true);
  }

  private change(isAway: boolean): void {
    if (isAway === this.away) return;
    this.away = isAway;
    this.answers = 0;
    this.onChange(isAway);
  }
}
