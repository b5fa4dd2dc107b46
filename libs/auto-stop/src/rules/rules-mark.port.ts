/** Remembers, for all processes, by which rules the idle deadlines of the fleet were last put in line. */
export abstract class RulesMark {
  /** Null before the first time. @throws StoreUnavailableError */
  abstract read(): Promise<string | null>;
  /** @throws StoreUnavailableError */
  abstract write(fingerprint: string): Promise<void>;
}
