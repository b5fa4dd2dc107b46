/**
 * Who and when, in the words of a sentence; and sentences of the API without names of the code. All pure.
 */

import { statusLabel } from '../fleet/status.js';
import { actorName, apiText, hourAndMinute, once, withoutRoutes } from '../ui/format.js';
import { PEOPLE } from './words.js';

const DATE_AND_TIME = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }));

/**
 * An actor within a sentence: the source that it named, the key, or a part of the service.
 *
 * @param {string} by such as `user:ci`, `user:ci:gateway` or `auto-stop`
 */
export function byWhom(by) {
  const [first = '', key = '', ...source] = by.split(':');
  if (first === 'novita') return PEOPLE.novita;
  if (first !== 'user') return PEOPLE.parts[first] ?? actorName(by);
  if (source.length > 0) return source.join(':');
  return key === '' ? PEOPLE.someKey : PEOPLE.key(key);
}

/** As `byWhom`, where a sentence begins. @param {string} by */
export function whoBegins(by) {
  const text = byWhom(by);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * A time within a sentence: `at 14:32`, `tomorrow at 09:00`, `on Nov 3, 2026, 14:32`, in the reader's zone.
 *
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function whenText(at, nowMs) {
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return at;
  const day = dayOf(atMs, nowMs);
  if (day === null) return PEOPLE.on(DATE_AND_TIME().format(atMs));
  const time = hourAndMinute(atMs);
  return day === '' ? PEOPLE.at(time) : PEOPLE.dayAt(PEOPLE[day], time);
}

/** As `whenText`, after "until". @param {string} at @param {number} nowMs */
export function untilText(at, nowMs) {
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return at;
  const day = dayOf(atMs, nowMs);
  return day === null ? DATE_AND_TIME().format(atMs) : `${day === '' ? '' : `${PEOPLE[day]} `}${hourAndMinute(atMs)}`;
}

/**
 * @param {number} atMs
 * @param {number} nowMs
 * @returns {'' | 'tomorrow' | 'yesterday' | null} empty for today
 */
function dayOf(atMs, nowMs) {
  const day = new Date(atMs).toDateString();
  const now = new Date(nowMs);
  /** @param {number} days */
  const away = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toDateString();
  if (day === away(0)) return '';
  if (day === away(1)) return 'tomorrow';
  return day === away(-1) ? 'yesterday' : null;
}

/** A setting in brackets, such as `(AUTO_STOP_ENABLED=false)`: it helps whoever runs the service, and nobody else. */
const SETTING = /\s*\((?:[A-Z]+_[A-Z_]+(?:=\w+)?|\w+\.\w+ is \w+)\)/g;
const ACTOR = /\b(?:user(?::[\w@.:/-]*[\w@/-])?|novita:\w+)\b(?! of)/g;
const STATUS = /\b(health_checking)\b/g;

/** How the API ends the reason of a decision, which is two sentences for a person. */
const LIMIT = /, which is (?:less than|as long as) the (.+?) that it may stand unused by (.+?)(?: or longer)?\.$/;
const AT = /\bat (\d{4}-\d\d-\d\dT[\d:.]+Z)/g;
const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/**
 * A sentence of the API for a person: times in the reader's zone, actors by their names, no names of the code.
 *
 * @param {string} text
 * @param {number} [nowMs] when it is drawn anew all the time: then times are as short as `yesterday at 03:12`
 */
export function peopleText(text, nowMs) {
  const plain = withoutRoutes(text)
    .replace(SETTING, '')
    .replace(LIMIT, PEOPLE.limit)
    .replace(ACTOR, (by) => (by === 'user' ? by : byWhom(by)))
    .replace(STATUS, () => statusLabel('health_checking').toLowerCase());
  if (nowMs === undefined) return apiText(plain);
  return plain
    .replace(AT, (_, /** @type {string} */ at) => whenText(at, nowMs))
    .replace(MOMENT, (at) => untilText(at, nowMs));
}
