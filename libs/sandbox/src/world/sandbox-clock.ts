/**
 * The sandbox's own clock, in milliseconds: real time, sped up, frozen or put forward. Durations of states are counted
 * on it. What goes out over HTTP is real time, so that a client's clock agrees with it at any speed.
 */
export class SandboxClock {
  private anchor: number;
  private realAnchor: number;
  private factor: number;

  /** @param realNow epoch milliseconds @param speed times real time */
  constructor(
    readonly realNow: () => number,
    speed = 1,
  ) {
    this.realAnchor = realNow();
    this.anchor = this.realAnchor;
    this.factor = validSpeed(speed);
  }

  get speed(): number {
    return this.factor;
  }

  now(): number {
    return this.anchor + (this.realNow() - this.realAnchor) * this.factor;
  }

  /** The real time at which this clock showed `at`. What a jump passed over counts as the time of the jump. */
  realTimeOf(at: number): number {
    if (at <= this.anchor || this.factor === 0) return Math.floor(this.realAnchor);
    return Math.floor(Math.min(this.realAnchor + (at - this.anchor) / this.factor, this.realNow()));
  }

  /** The real time at which this clock will show `at`, at the present speed. */
  expectedRealTimeOf(at: number): number {
    return Math.floor(this.realNow() + (at - this.now()) / (this.factor === 0 ? 1 : this.factor));
  }

  /** @throws RangeError when it is negative or not a number */
  setSpeed(speed: number): void {
    const valid = validSpeed(speed);
    this.moveAnchor(0);
    this.factor = valid;
  }

  /** @throws RangeError when it would go back */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`the clock cannot go ahead by ${ms} ms`);
    this.moveAnchor(ms);
  }

  private moveAnchor(jump: number): void {
    const now = this.now();
    this.realAnchor = this.realNow();
    this.anchor = now + jump;
  }
}

function validSpeed(speed: number): number {
  if (!Number.isFinite(speed) || speed < 0) throw new RangeError(`${speed} is not a speed`);
  return speed;
}
