/** Source of unique ids. Injected, so that tests can predict them. */
export abstract class IdGenerator {
  /** A 26-character ULID: 10 characters of time, then 16 of randomness. */
  abstract ulid(): string;
}
