/**
 * The texts of an instance in its row: status, idleness, uptime, notes, machine, and the ways to reach it. All pure.
 */

import { canStandIdle, idleSinceMs } from '../fleet/known-instance.js';
import { statusLabel } from '../fleet/status.js';
import { actorName, clockTime, isWebAddress, span } from '../ui/format.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {object} IdleMessage
 * @property {string} idle how long it stands unused, or until when it is declared busy; empty when neither counts
 * @property {string} stop when it is stopped, or why never; empty when that does not apply
 * @property {'warn' | ''} tone
 * @property {string} hint times in full
 */

/**
 * How far an instance is within its status, such as `pulling` or `2/3 ports`; empty when there is nothing to add.
 *
 * @param {Pick<Instance, 'status' | 'novitaStatus' | 'probes' | 'portMappings'>} instance
 */
export function stepLabel({ status, novitaStatus, probes = [], portMappings }) {
  if (status === 'health_checking') {
    const total = Math.max(probes.length, portMappings.filter(({ type }) => type === 'http').length);
    return total === 0 ? '' : `${probes.filter(({ ok }) => ok).length}/${total} ports`;
  }
  const isOnItsWay = ['creating', 'created', 'starting', 'stopping', 'restarting', 'deleting'].includes(status);
  return isOnItsWay && novitaStatus !== undefined && novitaStatus.toLowerCase() !== status ? novitaStatus : '';
}

/** Status and step in one, such as `Probing 2/3 ports`. @param {Parameters<typeof stepLabel>[0]} instance */
export function statusLine(instance) {
  const text = statusLabel(instance.status);
  const step = stepLabel(instance);
  if (step === '') return text;
  return instance.status === 'health_checking' ? `${text} ${step}` : `${text} · ${step}`;
}

const SOON_MS = 5 * 60_000;

/** @type {IdleMessage} */
const NOTHING = { idle: '', stop: '', tone: '', hint: '' };

/**
 * Idleness in words.
 *
 * @param {import('../fleet/known-instance.js').KnownInstance} instance
 * @param {number} nowMs
 * @param {{readonly enabled: boolean, readonly suspended?: string} | undefined} autoStop of the fleet, as far as known
 * @returns {IdleMessage}
 */
export function idleMessage(instance, nowMs, autoStop) {
  if (instance.status !== 'ready') return NOTHING;
  const lease = instance.autoStop.lease;
  const isLeased = lease !== undefined && Date.parse(lease.until) > nowMs;
  const idle = isLeased ? `busy ${span(Date.parse(lease.until) - nowMs)}` : unusedMessage(instance, nowMs);
  const leaseHint = isLeased ? `Declared busy until ${clockTime(lease.until)} by ${lease.by}: ${lease.reason}` : '';
  if (instance.isUseUnknown === true) return { idle, stop: '', tone: '', hint: leaseHint };
  if (instance.autoStopAt === undefined) {
    const why = `It is not stopped when idle: ${neverStopsReason(instance, autoStop)}.`;
    return { idle, stop: 'no auto-stop', tone: '', hint: [leaseHint, why].filter(Boolean).join('\n') };
  }
  const leftMs = Date.parse(instance.autoStopAt) - nowMs;
  const isSuspended = autoStop?.suspended !== undefined;
  return {
    idle,
    stop: `${isSuspended ? 'would stop' : 'stops'} ${leftMs <= 0 ? 'now' : `in ${span(leftMs)}`}`,
    tone: leftMs < SOON_MS && !isSuspended ? 'warn' : '',
    hint: [
      leaseHint,
      `Stopped at ${clockTime(instance.autoStopAt)} unless it is used.`,
      isSuspended ? `Auto-stop is suspended: ${autoStop.suspended}` : '',
    ]
      .filter(Boolean)
      .join('\n'),
  };
}

/**
 * @param {import('../fleet/known-instance.js').KnownInstance} instance
 * @param {number} nowMs
 */
function unusedMessage(instance, nowMs) {
  return instance.isUseUnknown === true ? '' : `idle ${span(nowMs - idleSinceMs(instance))}`;
}

/**
 * @param {Instance} instance
 * @param {{readonly enabled: boolean} | undefined} autoStop
 */
function neverStopsReason(instance, autoStop) {
  if (instance.origin === 'discovered') return 'made elsewhere';
  if (instance.billingMode === 'monthly') return 'billed monthly';
  if (instance.autoStop.enabled === false) return 'off for it';
  if (!canStandIdle(instance)) return 'not meant to run';
  return autoStop?.enabled === false ? 'auto-stop is off' : 'off by its template';
}

/**
 * @typedef {object} UptimeMessage
 * @property {string} text
 * @property {boolean} isUp whether it says for how long it has been up
 * @property {string} hint the time in full; empty when there is none
 */

const UP = new Set(['running', 'health_checking', 'ready', 'restarting', 'migrating']);
const COMING = new Set(['creating', 'created', 'starting']);

/**
 * For how long an instance has been up, coming or down.
 *
 * @param {Instance} instance
 * @param {number} nowMs
 * @returns {UptimeMessage}
 */
export function uptimeMessage(instance, nowMs) {
  const { status, startedAt, stoppedAt, terminatedAt, desiredAt } = instance;
  if (UP.has(status)) return since(startedAt, nowMs, '', 'Since', true);
  if (COMING.has(status)) return since(desiredAt, nowMs, 'for ', 'Asked for at', false);
  if (status === 'stopped') return since(stoppedAt, nowMs, 'down ', 'Stopped at', false);
  if (status === 'terminated') return since(terminatedAt, nowMs, 'gone ', 'Gone since', false);
  return since(undefined, nowMs, '', '', false);
}

/**
 * How long ago, in one unit: days do not care for hours.
 *
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function roughlyAgo(at, nowMs) {
  return `${roughly(at, nowMs)} ago`;
}

/**
 * @param {string} at
 * @param {number} nowMs
 */
function roughly(at, nowMs) {
  return span(nowMs - Date.parse(at))
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

/**
 * @param {string | undefined} at
 * @param {number} nowMs
 * @param {string} before
 * @param {string} hint
 * @param {boolean} isUp
 * @returns {UptimeMessage}
 */
function since(at, nowMs, before, hint, isUp) {
  if (at === undefined) return { text: '', isUp: false, hint: '' };
  const text = isUp ? span(nowMs - Date.parse(at)) : roughly(at, nowMs);
  return { text: `${before}${text}`, isUp, hint: `${hint} ${clockTime(at)}` };
}

/**
 * @typedef {object} Note
 * @property {'waiting' | 'missing' | 'elsewhere'} key
 * @property {string} text
 * @property {'warn' | 'idle'} tone
 * @property {string} hint what it means
 */

/**
 * Remarks on an instance that a reader needs beside its status.
 *
 * @param {Instance} instance
 * @param {number} nowMs
 * @param {number | null} confirmPatienceMs how long Novita may take to agree; null while that is not known
 * @returns {readonly Note[]}
 */
export function notesOf(instance, nowMs, confirmPatienceMs) {
  /** @type {Note[]} */
  const notes = [];
  if (isUnconfirmed(instance)) {
    const waitedMs = nowMs - Date.parse(instance.desiredAt);
    notes.push({
      key: 'waiting',
      text: `waiting for Novita for ${span(waitedMs)}`,
      tone: confirmPatienceMs === null || waitedMs < confirmPatienceMs ? 'idle' : 'warn',
      hint: 'It is done, and no longer paid for, when Novita agrees. It is asked for again until then.',
    });
  }
  if (instance.missingSince !== undefined) {
    notes.push({
      key: 'missing',
      text: `not in Novita's listing for ${span(nowMs - Date.parse(instance.missingSince))}`,
      tone: 'warn',
      hint: 'That proves nothing yet: Novita is asked about it before anything is concluded.',
    });
  }
  if (instance.origin === 'discovered') {
    notes.push({
      key: 'elsewhere',
      text: 'made elsewhere',
      tone: 'idle',
      hint: 'It is shown, and nothing acts on it, until it is adopted.',
    });
  }
  return notes;
}

/**
 * Whether a stop or delete waits for Novita's agreement.
 *
 * @param {Instance} instance
 */
function isUnconfirmed({ origin, status, desired, confirmedAt }) {
  return origin !== 'discovered' && status !== 'terminated' && desired !== 'running' && confirmedAt === null;
}

/** Such as `2 × RTX 4090 24GB`. @param {Pick<Instance, 'product' | 'gpuNum'>} instance */
export function gpuLabel({ product, gpuNum }) {
  const name = product.name === '' ? 'GPU unknown' : product.name;
  return gpuNum > 1 ? `${gpuNum} × ${name}` : name;
}

/**
 * What an instance has cost until now.
 *
 * @param {NonNullable<import('../fleet/known-instance.js').RowFigures['cost']>} cost
 * @param {number} nowMs
 * @returns {number} USD
 */
export function costSoFar({ usd, usdPerHour, asOf }, nowMs) {
  return usd + (usdPerHour ?? 0) * Math.max(0, (nowMs - Date.parse(asOf)) / HOUR_MS);
}

const HOUR_MS = 3_600_000;

/**
 * Who made an instance, as people call them: the name of a key, without what says that it is one.
 *
 * @param {string | undefined} owner
 */
export function ownerLabel(owner) {
  if (owner === undefined) return '';
  if (owner === 'elsewhere' || owner === 'unknown') return INSTANCES.owners[owner];
  return owner.startsWith('user:') ? owner.slice('user:'.length) : actorName(owner);
}

/**
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
