/**
 * The texts of an instance in its row: status, idleness, uptime, notes, machine, and the ways to reach it. All pure.
 */

import { canStandIdle, idleSinceMs } from '../fleet/known-instance.js';
import { statusLabel } from '../fleet/status.js';
import { actorName, clockTime, isWebAddress, span } from '../ui/format.js';
import { INSTANCES, ROW } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {object} IdleMessage
 * @property {string} idle how long it stands unused, or until when it is declared busy; empty when neither counts
 * @property {string} stop when it is stopped, or why never; empty when that does not apply
 * @property {'warn' | ''} tone
 * @property {() => string} hint times in full, made when somebody asks: the browser's dates are slow to begin with
 */

/**
 * How far an instance is within its status, such as `pulling` or `2/3 ports`; empty when there is nothing to add.
 *
 * @param {Pick<Instance, 'status' | 'novitaStatus' | 'probes' | 'portMappings'>} instance
 */
export function stepLabel({ status, novitaStatus, probes = [], portMappings }) {
  if (status === 'health_checking') {
    const total = Math.max(probes.length, portMappings.filter(({ type }) => type === 'http').length);
    return total === 0 ? '' : ROW.ports(probes.filter(({ ok }) => ok).length, total);
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
const NOTHING = { idle: '', stop: '', tone: '', hint: () => '' };

/**
 * Idleness in words.
 *
 * @param {import('../fleet/known-instance.js').KnownInstance} instance
 * @param {number} nowMs
 * @param {import('../fleet/fleet.js').AutoStop | undefined} autoStop as far as known
 * @returns {IdleMessage}
 */
export function idleMessage(instance, nowMs, autoStop) {
  if (instance.status !== 'ready') return NOTHING;
  const lease = instance.autoStop.lease;
  const isLeased = lease !== undefined && Date.parse(lease.until) > nowMs;
  const idle = isLeased ? ROW.busy(span(Date.parse(lease.until) - nowMs)) : unusedMessage(instance, nowMs);
  const leaseHint = () => (isLeased ? ROW.busyHint(clockTime(lease.until), lease.by, lease.reason) : '');
  if (instance.isUseUnknown === true) return { idle, stop: '', tone: '', hint: leaseHint };
  if (instance.autoStopAt === undefined) {
    const why = ROW.neverStops(neverStopsReason(instance, autoStop));
    return { idle, stop: ROW.noAutoStop, tone: '', hint: () => [leaseHint(), why].filter(Boolean).join('\n') };
  }
  const { autoStopAt } = instance;
  const leftMs = Date.parse(autoStopAt) - nowMs;
  const isSuspended = autoStop?.suspended !== undefined;
  return {
    idle,
    stop: stopMessage(leftMs, isSuspended),
    tone: leftMs < SOON_MS && !isSuspended ? 'warn' : '',
    hint: () =>
      [leaseHint(), ROW.stopsHint(clockTime(autoStopAt)), isSuspended ? ROW.suspended(autoStop.suspended) : '']
        .filter(Boolean)
        .join('\n'),
  };
}

/** @param {number} leftMs @param {boolean} isSuspended */
function stopMessage(leftMs, isSuspended) {
  if (leftMs <= 0) return isSuspended ? ROW.wouldStopNow : ROW.stopsNow;
  return isSuspended ? ROW.wouldStopIn(inOneUnit(span(leftMs))) : ROW.stopsIn(span(leftMs));
}

/**
 * @param {import('../fleet/known-instance.js').KnownInstance} instance
 * @param {number} nowMs
 */
function unusedMessage(instance, nowMs) {
  return instance.isUseUnknown === true ? '' : ROW.idle(span(nowMs - idleSinceMs(instance)));
}

/**
 * @param {Instance} instance
 * @param {{readonly enabled: boolean} | undefined} autoStop
 */
function neverStopsReason(instance, autoStop) {
  if (instance.origin === 'discovered') return ROW.never.elsewhere;
  if (instance.billingMode === 'monthly') return ROW.never.monthly;
  if (instance.autoStop.enabled === false) return ROW.never.offForIt;
  if (!canStandIdle(instance)) return ROW.never.notToRun;
  return autoStop?.enabled === false ? ROW.never.offForAll : ROW.never.offForTemplate;
}

/**
 * @typedef {object} UptimeMessage
 * @property {string} text
 * @property {boolean} isUp whether it says for how long it has been up
 * @property {() => string} hint the time in full, made when somebody asks; empty when there is none
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
  if (UP.has(status) && startedAt !== undefined) {
    return { text: span(nowMs - Date.parse(startedAt)), isUp: true, hint: () => ROW.since(clockTime(startedAt)) };
  }
  if (COMING.has(status)) return since(desiredAt, nowMs, ROW.coming, ROW.askedAt);
  if (status === 'stopped') return since(stoppedAt, nowMs, ROW.down, ROW.stoppedAt);
  return since(status === 'terminated' ? terminatedAt : undefined, nowMs, ROW.gone, ROW.goneSince);
}

/**
 * How long ago, in one unit: days do not care for hours.
 *
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function roughlyAgo(at, nowMs) {
  return ROW.ago(roughly(at, nowMs));
}

/**
 * @param {string} at
 * @param {number} nowMs
 */
function roughly(at, nowMs) {
  return inOneUnit(span(nowMs - Date.parse(at)));
}

/** @param {string} time as of `span` */
function inOneUnit(time) {
  return time.split(' ').slice(0, 2).join(' ');
}

/**
 * @param {string | undefined} at
 * @param {number} nowMs
 * @param {(time: string) => string} say how long ago
 * @param {(time: string) => string} hint when
 * @returns {UptimeMessage}
 */
function since(at, nowMs, say, hint) {
  if (at === undefined) return { text: '', isUp: false, hint: () => '' };
  return { text: say(roughly(at, nowMs)), isUp: false, hint: () => hint(clockTime(at)) };
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
      text: ROW.waiting(span(waitedMs)),
      tone: confirmPatienceMs === null || waitedMs < confirmPatienceMs ? 'idle' : 'warn',
      hint: ROW.waitingHint,
    });
  }
  if (instance.missingSince !== undefined) {
    notes.push({
      key: 'missing',
      text: ROW.missing(span(nowMs - Date.parse(instance.missingSince))),
      tone: 'warn',
      hint: ROW.missingHint,
    });
  }
  if (instance.origin === 'discovered') {
    notes.push({
      key: 'elsewhere',
      text: ROW.elsewhere,
      tone: 'idle',
      hint: ROW.elsewhereHint,
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
  const name = product.name === '' ? ROW.gpuUnknown : product.name;
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
    ssh && copy(ROW.ssh, ROW.sshCommand, ssh.command),
    jupyter && address(ROW.jupyter, ROW.jupyter, jupyter),
    webTerminal && address(ROW.terminal, ROW.webTerminal, webTerminal.address),
    ...ports.map(({ port, type, endpoint = '' }) =>
      type === 'http'
        ? address(`:${port}`, ROW.port(port), endpoint)
        : copy(`:${port}`, ROW.addressOf(ROW.port(port)), endpoint),
    ),
    ssh?.password && copy(ROW.sshPassword, ROW.sshPassword, ssh.password),
    webTerminal?.password && copy(ROW.terminalPassword, ROW.webTerminalPassword, webTerminal.password),
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
  return isWebAddress(text) ? { kind: 'open', label, what, text } : copy(label, ROW.addressOf(what), text);
}
