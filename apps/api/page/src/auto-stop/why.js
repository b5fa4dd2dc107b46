import { problemAdvice, sentence } from '../net/problem.js';
import { ago, span } from '../ui/format.js';
import { endText } from './lifetime.js';
import { byWhom, peopleText, untilText, whenText } from './people.js';
import { WHY } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../net/api-types.js').IdleEvaluation} Idle
 * @typedef {import('../net/api-types.js').AuditEntryView} AuditEntry
 * @typedef {import('../fleet/status.js').Tone} Tone
 *
 * @typedef {object} StopHold a stop that waits for results to be saved; what older services do not say
 * @property {string} until
 * @property {string} reason
 * @property {string} [outcome] absent while it waits
 *
 * @typedef {Instance & {readonly stopHold?: StopHold}} Judged
 *
 * @typedef {object} Why
 * @property {Tone} tone
 * @property {string} lead the answer in a word or two
 * @property {string} text why, going on after the lead
 * @property {string} next what comes of it; empty for nothing
 *
 * @typedef {object} Shown
 * @property {Judged} instance
 * @property {Idle | null} idle what auto-stop makes of it; null while that is not read
 * @property {readonly AuditEntry[]} entries of its audit log, the latest first; empty while they are not read
 */

/**
 * Why an instance is kept, will be stopped, or stands as it does, in the words of a person.
 *
 * @param {Shown} shown
 * @param {number} nowMs
 * @returns {Why | null} null while it is not known
 */
export function whyOf(shown, nowMs) {
  const why = whyNow(shown, nowMs);
  const end = endText(shown.instance, nowMs);
  return why === null || end === '' ? why : { ...why, next: `${why.next} ${end}`.trim() };
}

/** As `whyOf`, without the end of its lifetime. @param {Shown} shown @param {number} nowMs @returns {Why | null} */
function whyNow(shown, nowMs) {
  const { instance, idle } = shown;
  const hold = heldStop(instance);
  if (instance.status === 'terminated') return standing(shown, nowMs);
  if (instance.origin === 'discovered') return elsewhere(instance, nowMs);
  if (hold !== null) return held(hold, nowMs);
  // What was judged before a command says nothing of what the command has changed.
  const isUp = instance.status === 'ready' && instance.desired === 'running';
  if (!isUp) return standing(shown, nowMs);
  // What was judged before it was ready says nothing of it now; the next reading comes with that event.
  const isOld = idle === null || idle.exemption === 'not-ready' || idle.exemption === 'not-wished-to-run';
  return isOld ? null : judged(idle.rule, idle, nowMs);
}

/** @param {Judged} instance @returns {StopHold | null} the hold that is under way */
export function heldStop({ stopHold }) {
  return stopHold === undefined || stopHold.outcome !== undefined ? null : stopHold;
}

/** @param {Judged} instance @param {number} nowMs @returns {Why} */
function elsewhere({ createdAt, ignoredAt }, nowMs) {
  const text = WHY.notManagedText(span(nowMs - Date.parse(createdAt)));
  return { tone: 'idle', lead: WHY.notManaged, text, next: ignoredAt === undefined ? WHY.adoptHint : WHY.ignored };
}

/** @param {StopHold} hold @param {number} nowMs @returns {Why} */
function held({ until, reason }, nowMs) {
  const text = WHY.heldUntil(whenText(until, nowMs));
  return { tone: 'warn', lead: WHY.stopWaits, text, next: WHY.heldWhy(sentence(peopleText(reason, nowMs))) };
}

/**
 * @param {Idle['rule'] | 'held'} rule holds are a rule of later services
 * @param {Idle} idle of one that is up
 * @param {number} nowMs
 * @returns {Why}
 */
function judged(rule, idle, nowMs) {
  const { exemption, idleSince, stopAt, thresholdMinutes, autoStop } = idle;
  const limit = span(thresholdMinutes * 60_000);
  const next = stopAt === undefined ? '' : WHY.stops(whenText(stopAt, nowMs));
  const unused = idleSince === undefined ? 0 : nowMs - Date.parse(idleSince);
  switch (rule) {
    case 'exempt':
      return exemption === undefined
        ? kept(peopleText(idle.reason, nowMs))
        : { ...kept(WHY.exemptions[exemption]), tone: 'idle' };
    case 'leased': {
      const { lease } = autoStop;
      if (lease === undefined) return kept(peopleText(idle.reason, nowMs));
      return kept(WHY.leased(untilText(lease.until, nowMs), byWhom(lease.by), lease.reason), WHY.afterLease(limit));
    }
    case 'used-lately':
      return kept(because(idle, nowMs), next);
    case 'warning-due':
      return { tone: 'warn', lead: WHY.stopsSoon, text: WHY.unused(span(unused)), next };
    case 'idle-too-long':
      return { tone: 'bad', lead: WHY.stopsNext, text: WHY.unusedTooLong(span(unused), limit), next: '' };
    case 'held':
    case 'picture-too-old':
    case 'suspended':
    case 'utilisation-unknown':
      // Nothing is stopped on what is not known: the API's sentence says what that is.
      return { ...kept(continued(peopleText(idle.reason, nowMs))), tone: 'warn' };
  }
}

/** @param {string} text @param {string} [next] @returns {Why} */
function kept(text, next = '') {
  return { tone: 'ok', lead: WHY.kept, text, next };
}

/** The latest sign of use that is past. @param {Idle} idle @param {number} nowMs */
function because({ signs, reason }, nowMs) {
  const sign = signs.find(({ at }) => Date.parse(at) <= nowMs);
  switch (sign?.kind) {
    case undefined:
      return continued(peopleText(reason, nowMs));
    case 'use':
      return WHY.used(ago(sign.at, nowMs), byWhom(sign.by));
    case 'ready':
      return WHY.ready(ago(sign.at, nowMs));
    case 'gpu':
      return WHY.gpu(ago(sign.at, nowMs));
    case 'lease':
      return WHY.wasBusy(untilText(sign.at, nowMs));
  }
}

/**
 * One that is not up, or is not to stay so.
 *
 * @param {Shown} shown
 * @param {number} nowMs
 * @returns {Why}
 */
function standing(shown, nowMs) {
  const { instance } = shown;
  switch (instance.status) {
    case 'creating':
    case 'created':
    case 'starting':
    case 'running':
    case 'health_checking':
      return onItsWay(WHY.starting, instance, nowMs);
    case 'restarting':
      return onItsWay(WHY.restarting, instance, nowMs);
    case 'migrating':
      return migrating(instance, nowMs);
    case 'failed': {
      const { lastError } = instance;
      if (lastError === undefined) return { tone: 'bad', lead: WHY.failed, text: WHY.failedText, next: '' };
      const text = continued(sentence(peopleText(lastError.message, nowMs)));
      return { tone: 'bad', lead: WHY.failed, text, next: problemAdvice(lastError) };
    }
    case 'deleting':
      return { tone: 'warn', lead: WHY.deleting, text: lastCommand(shown, nowMs), next: WHY.unconfirmed };
    case 'terminated':
      return { tone: 'idle', lead: WHY.terminated, text: lastCommand(shown, nowMs), next: '' };
    case 'stopped':
      return { tone: 'idle', lead: WHY.stopped, text: lastCommand(shown, nowMs), next: WHY.diskKept };
    case 'ready':
    case 'stopping': {
      const lead = instance.desired === 'deleted' ? WHY.deleting : WHY.stopping;
      return { tone: 'warn', lead, text: lastCommand(shown, nowMs), next: WHY.unconfirmed };
    }
  }
}

/** @param {string} lead @param {Instance} instance @param {number} nowMs @returns {Why} */
function onItsWay(lead, instance, nowMs) {
  const { status, desiredAt, desiredBy } = instance;
  const asked = WHY.askedFor(ago(desiredAt, nowMs), byWhom(desiredBy));
  const { probes = [] } = instance;
  const isRunning = status === 'running' || status === 'health_checking';
  const ports = probes.length === 0 ? WHY.runs : WHY.probing(probes.filter(({ ok }) => ok).length, probes.length);
  return {
    tone: 'busy',
    lead,
    text: isRunning ? `${asked} ${ports}` : asked,
    next: estimateText(instance, nowMs),
  };
}

/**
 * How long a start still takes, by how long such starts took; empty when none was measured.
 *
 * @param {Instance} instance
 * @param {number} nowMs
 */
export function estimateText({ startupEstimateSeconds, desiredAt }, nowMs) {
  if (startupEstimateSeconds === undefined) return '';
  const usualMs = startupEstimateSeconds * 1_000;
  const leftMs = Date.parse(desiredAt) + usualMs - nowMs;
  return leftMs <= 0 ? WHY.longer(span(usualMs)) : WHY.readyIn(span(leftMs), span(usualMs));
}

/** @param {Instance} instance @param {number} nowMs @returns {Why} */
function migrating({ migration, desiredAt }, nowMs) {
  const since = migration?.reclaimSeenAt ?? desiredAt;
  const next = migration === undefined ? '' : WHY.migration[migration.state];
  return { tone: 'warn', lead: WHY.migrating, text: WHY.reclaimed(ago(since, nowMs)), next };
}

/** The reasons of commands that say no more than the command itself. */
const BARE = /^(?:start|stop|delete|restart|stop-all) was asked for\.?$/i;

/**
 * By whom it was stopped or deleted, when, and why as far as somebody said so.
 *
 * @param {Shown} shown
 * @param {number} nowMs
 */
function lastCommand({ instance, entries }, nowMs) {
  const entry = entries.find(({ kind, to }) => kind === 'wish' && to === instance.desired);
  const { by, at } = entry ?? { by: instance.desiredBy, at: instance.desiredAt };
  // One that was seen stopped at Novita was stopped by nobody here.
  const done = `${WHY.by(byWhom(by))} ${whenText(at, nowMs)}`;
  const reason = entry === undefined || BARE.test(entry.reason) ? '' : peopleText(entry.reason, nowMs);
  return reason === '' ? `${done}.` : `${done}: ${continued(sentence(reason))}`;
}

/** A sentence that goes on after a colon. @param {string} text */
function continued(text) {
  return /^[A-Z][a-z]/.test(text) && !text.startsWith('Novita') ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
