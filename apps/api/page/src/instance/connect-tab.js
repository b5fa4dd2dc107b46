import { copyButton } from '../ui/buttons.js';
import { h, refill } from '../ui/dom.js';
import { isWebAddress } from '../ui/format.js';
import { emptyState } from '../ui/parts.js';
import { card, copied, webAddress } from './overview-tab.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

/** In all others nothing listens, whatever address is still known. @type {ReadonlySet<Instance['status']>} */
const REACHABLE = new Set(['running', 'health_checking', 'ready']);

/**
 * The ways to reach an instance.
 *
 * @param {HTMLElement} host
 * @param {import('./view.js').InstanceRead} read
 * @param {boolean} maySeeSecrets
 * @param {AbortSignal} signal
 */
export function connectTab(host, read, maySeeSecrets, signal) {
  const content = h('div', { class: 'stack' });
  host.append(content);
  read.watch((instance) => {
    const { connectionDetails, portMappings, status } = instance;
    refill(content, [connectionDetails, portMappings, REACHABLE.has(status), status], () => [
      REACHABLE.has(status) ? null : h('p', { class: 'banner', data: { tone: 'warn' } }, INSTANCE.notReachable),
      waysOf(instance),
      logsCard(instance),
      maySeeSecrets ? null : h('p', { class: 'quiet' }, INSTANCE.secretsHidden),
    ]);
  }, signal);
}

/** @param {Instance} instance */
function waysOf({ connectionDetails: { ssh, jupyter, webTerminal }, portMappings }) {
  const known = portMappings.filter(({ endpoint }) => endpoint !== undefined && endpoint !== '');
  if (ssh === undefined && jupyter === undefined && webTerminal === undefined && known.length === 0) {
    return emptyState(INSTANCE.noWays, INSTANCE.noWaysHint);
  }
  return h(
    'div',
    { class: 'instance-cards' },
    ssh === undefined
      ? null
      : card(
          INSTANCE.ssh,
          lines([
            copied(INSTANCE.sshCommand, ssh.command),
            ssh.password === undefined ? null : secret(INSTANCE.sshPassword, ssh.password),
          ]),
        ),
    known.map(({ port, type, endpoint = '' }) =>
      card(
        INSTANCE.portName(port, type),
        lines([
          address(INSTANCE.endpointOf(port), endpoint),
          isWebAddress(endpoint) ? copied(INSTANCE.curlOf(port), curlLine(endpoint)) : null,
        ]),
      ),
    ),
    jupyter === undefined ? null : card(INSTANCE.jupyter, lines([address(INSTANCE.jupyterAddress, jupyter)])),
    webTerminal === undefined
      ? null
      : card(
          INSTANCE.terminal,
          lines([
            address(INSTANCE.terminalAddress, webTerminal.address),
            webTerminal.username === undefined
              ? null
              : h('span', {}, `${INSTANCE.user}: `, h('code', {}, webTerminal.username)),
            webTerminal.password === undefined ? null : secret(INSTANCE.terminalPassword, webTerminal.password),
          ]),
        ),
  );
}

/** @param {readonly (HTMLElement | null)[]} all */
function lines(all) {
  return h('div', { class: 'stack' }, all);
}

/**
 * A line for a shell that asks an address.
 *
 * @param {string} endpoint a web address
 */
export function curlLine(endpoint) {
  return `curl -sS '${endpoint.replaceAll("'", '%27')}'`;
}

/** Where its logs are. @param {Instance} instance */
export function logsCard({ connectionDetails: { webTerminal }, status }) {
  const isThere = webTerminal !== undefined && REACHABLE.has(status) && isWebAddress(webTerminal.address);
  return card(
    INSTANCE.logs,
    h(
      'div',
      { class: 'row between' },
      h('p', { class: 'quiet' }, isThere ? INSTANCE.noLogs : INSTANCE.noTerminal),
      isThere ? openLink(INSTANCE.openTerminal, webTerminal.address) : null,
    ),
  );
}

/** @param {string} label @param {string} href */
function openLink(label, href) {
  return h('a', { class: 'button small', href, target: '_blank', rel: 'noopener noreferrer' }, label);
}

/** Kept off the screen, where others may look. @param {string} label @param {string} text */
function secret(label, text) {
  return h(
    'span',
    { class: 'copied' },
    h('span', { class: 'quiet' }, `${INSTANCE.password}: ••••••••`),
    copyButton(label, text),
  );
}

/** @param {string} label @param {string} text */
function address(label, text) {
  return h('span', { class: 'copied' }, webAddress(text), copyButton(label, text));
}
