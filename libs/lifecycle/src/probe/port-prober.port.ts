import type { PortMapping, PortProbe, PortSpec } from '@app/instance-store';

/** Finds out whether the ports of an instance answer. */
export abstract class PortProber {
  /**
   * @param ports those that must answer; one result for each, in their order
   * @param mappings where the provider says that they are to be found; no other address is ever tried
   * @param signal ends the round; the rest counts as silent
   */
  abstract probe(
    ports: readonly PortSpec[],
    mappings: readonly PortMapping[],
    signal: AbortSignal,
  ): Promise<readonly PortProbe[]>;
}
