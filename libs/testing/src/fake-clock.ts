import { Clock } from '@app/platform';

/** A clock that stands still until it is told to move. */
export class FakeClock extends Clock {
  constructor(private epochMs: number = Date.UTC(2026, 0, 1)) {
    super();
  }

  override now(): number {
    return this.epochMs;
  }

  advance(ms: number): void {
    this.epochMs += ms;
  }

  set(epochMs: number): void {
    this.epochMs = epochMs;
  }
}
