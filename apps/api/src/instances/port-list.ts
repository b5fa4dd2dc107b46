import type { PortSpec } from '@app/instance-store';
import type { FieldError } from '@app/platform';

/** Novita's own ports inside an instance; a create that names one is refused there. */
const RESERVED_PORTS = new Set([2222, 2223, 2224]);
const PORT = /^(\d{1,5})\/(http|tcp)$/;

/**
 * Reads a port such as `8080/http`.
 *
 * @returns the port, or what is wrong with it
 */
export function parsePort(text: string): PortSpec | string {
  const match = PORT.exec(text);
  if (match === null) return 'must be a port and its protocol, such as 8080/http or 22/tcp';
  const port = Number(match[1]);
  if (port < 1 || port > 65_535) return 'must be a port from 1 to 65535';
  if (RESERVED_PORTS.has(port)) return `must be another port than ${port}: Novita keeps 2222, 2223 and 2224 for itself`;
  return { port, protocol: match[2] === 'tcp' ? 'tcp' : 'http' };
}

/** What is wrong with a list of ports that stands at `pointer`; one number may stand there once. */
export function portFaults(ports: readonly string[], at: string): readonly FieldError[] {
  const seen = new Set<number>();
  const faults: FieldError[] = [];
  for (const [index, text] of ports.entries()) {
    const port = parsePort(text);
    if (typeof port === 'string') faults.push({ pointer: `${at}/${index}`, detail: port });
    else if (seen.has(port.port))
      faults.push({
        pointer: `${at}/${index}`,
        detail: `must be another port than ${port.port}, which stands there already`,
      });
    else seen.add(port.port);
  }
  return faults;
}
