import { isWebAddress } from './web-address.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} Connection one way to reach an instance
 * @property {'copy' | 'open'} kind
 * @property {string} label short, for a button
 * @property {string} what in full, such as `SSH command`
 * @property {string} text what is copied, or the address that is opened
 */

/** In all others nothing listens, whatever address is still known. */
const REACHABLE = new Set(['running', 'health_checking', 'ready']);

/**
 * How to reach an instance, the most usual first. Addresses come from outside: only http and https ones are opened, all
 * else can be copied.
 *
 * @param {Instance} instance
 * @returns {readonly Connection[]}
 */
export function connectionsOf({ status, connectionDetails, portMappings }) {
  if (!REACHABLE.has(status)) return [];
  const { ssh, jupyter, webTerminal } = connectionDetails;
  const ports = portMappings.filter(({ endpoint }) => endpoint !== undefined && endpoint !== '');
  return [
    ssh && copy('SSH', 'SSH command', ssh.command),
    jupyter && address('Jupyter', 'Jupyter', jupyter),
    webTerminal && address('Terminal', 'web terminal', webTerminal.address),
    ...ports.map(({ port, type, endpoint = '' }) =>
      type === 'http'
        ? address(`:${port}`, `port ${port}`, endpoint)
        : copy(`:${port}`, `address of port ${port}`, endpoint),
    ),
    ssh?.password && copy('SSH password', 'SSH password', ssh.password),
    webTerminal?.password && copy('Terminal password', 'web terminal password', webTerminal.password),
  ].filter((connection) => typeof connection === 'object');
}

/**
 * @param {string} label
 * @param {string} what
 * @param {string} text
 * @returns {Connection}
 */
function copy(label, what, text) {
  return { kind: 'copy', label, what, text };
}

/**
 * @param {string} label
 * @param {string} what
 * @param {string} text
 * @returns {Connection}
 */
function address(label, what, text) {
  return isWebAddress(text) ? { kind: 'open', label, what, text } : copy(label, `address of ${what}`, text);
}
