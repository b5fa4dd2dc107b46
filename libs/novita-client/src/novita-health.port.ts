export type CircuitView = 'closed' | 'half-open' | 'open';

/** Whether Novita answers, as the calls of this process found out; asking costs nothing. */
export abstract class NovitaHealth {
  /** `open`: Novita fails and calls are refused at once; `half-open`: one call finds out whether it is back. */
  abstract circuitState(): CircuitView;
}
