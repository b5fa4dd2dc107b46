import { type Timestamp, timestampFromMs } from './timestamp.js';

/** The time of day. Injected, so that rules about time are tested without waiting. */
export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract now(): number;

  timestamp(): Timestamp {
    return timestampFromMs(this.now());
  }
}
