import type { InstanceConnection, PortMapping } from '@app/instance-store';
import { type NovitaInstance, type NovitaPortMapping, phaseOf } from '@app/novita-client';

/**
 * The ways to reach an instance as it was seen. Items of a listing do not carry every connection, nor, by the
 * provider's documents, the addresses of the ports.
 *
 * @param known kept where a listing is silent; null when the answer is complete, as that of a GET is
 */
export function seenConnection(item: NovitaInstance, known: InstanceConnection | null): InstanceConnection {
  const endpoints = known !== null && phaseOf(item.status) === 'up' ? known.portMappings : [];
  return {
    ssh: item.ssh ?? known?.ssh ?? null,
    jupyter: item.jupyterUrl ?? known?.jupyter ?? null,
    webTerminal: item.webTerminal ?? known?.webTerminal ?? null,
    portMappings: item.portMappings.map((mapping) => withEndpoint(mapping, endpoints)),
  };
}

function withEndpoint(mapping: NovitaPortMapping, known: readonly PortMapping[]): PortMapping {
  if (mapping.endpoint !== null) return mapping;
  const same = known.find(({ port, type }) => port === mapping.port && type === mapping.type);
  return same ?? mapping;
}
