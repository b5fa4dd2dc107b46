import type { Timestamp } from '@app/platform';

export type CircuitView = 'closed' | 'half-open' | 'open';

/** Why Novita cannot be used at present. */
export interface NovitaTrouble {
  readonly kind: 'key-refused' | 'unreachable';
  /** The cause without a full stop, such as "Novita refuses NOVITA_API_KEY". */
  readonly message: string;
  readonly since: Timestamp;
}

/** Whether Novita answers, as the calls of this process found out; asking costs nothing. */
export abstract class NovitaHealth {
  /** `open`: Novita fails and calls are refused at once; `half-open`: one call finds out whether it is back. */
  abstract circuitState(): CircuitView;

  /** When Novita answered last, with whatever status; null before the first answer: nobody knows yet whether it is there. */
  abstract lastAnswerAt(): Timestamp | null;

  /** What the latest call found; null when it was answered, or before the first. */
  abstract trouble(): NovitaTrouble | null;

  /** Whether what answers says that it is a sandbox, where nothing is real; null before the first answer. */
  abstract sandbox(): boolean | null;
}
