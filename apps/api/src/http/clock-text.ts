import type { Clock, Timestamp } from '@app/platform';

/** The time of day as text, made once for each millisecond that is asked about. */
export class ClockText {
  private at = Number.NaN;
  private text: Timestamp;

  constructor(private readonly clock: Clock) {
    this.text = clock.timestamp();
  }

  now(): Timestamp {
    const now = this.clock.now();
    if (now !== this.at) {
      this.at = now;
      this.text = this.clock.timestamp();
    }
    return this.text;
  }
}
