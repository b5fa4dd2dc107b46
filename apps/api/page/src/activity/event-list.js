import { instanceLink } from '../routing/links.js';
import { arrange, fill, h, setText } from '../ui/dom.js';
import { ago, clockTime, hourAndMinute } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { looksOf } from './event-kinds.js';
import { dayLabel, sentenceOf } from './event-sentence.js';
import { ACTIVITY } from './words.js';

/** @typedef {import('./event-kinds.js').ActivityEvent} ActivityEvent */

/** The events as a list with a heading for each day. A line that is shown stays the same element while others come. */
export function eventList() {
  const element = h('ol', { class: 'activity', 'aria-label': ACTIVITY.events });
  /** @type {Map<string, HTMLElement>} */
  let lines = new Map();
  /** @type {Map<string, HTMLElement>} */
  let days = new Map();
  return {
    element,
    /**
     * @param {import('./activity-log.js').ActivityLog} log
     * @param {number} nowMs
     */
    draw(log, nowMs) {
      /** @type {HTMLElement[]} */
      const children = [];
      const present = new Map();
      const presentDays = new Map();
      for (const event of log.events) {
        const key = new Date(event.at).toDateString();
        if (!presentDays.has(key)) {
          const day = days.get(key) ?? h('li', { class: 'activity-day' }, h('h2', {}));
          setText(/** @type {Element} */ (day.firstElementChild), dayLabel(event.at, nowMs));
          presentDays.set(key, day);
          children.push(day);
        }
        const line = lines.get(event.id) ?? eventLine(event, log);
        present.set(event.id, line);
        children.push(line);
      }
      arrange(element, children);
      lines = present;
      days = presentDays;
    },
  };
}

/**
 * @param {ActivityEvent} event
 * @param {import('./activity-log.js').ActivityLog} log
 */
function eventLine(event, log) {
  const { tone, icon: name } = looksOf(event.type);
  const { instance, text, detail, about, href } = sentenceOf(event, (id) => log.nameOf(id));
  const time = h('time', { class: 'activity-time numeric', datetime: event.at }, hourAndMinute(Date.parse(event.at)));
  // Made when somebody points at it: a thousand lines would be kept true every second otherwise.
  time.addEventListener('pointerenter', () => {
    time.title = `${clockTime(event.at)}, ${ago(event.at, Date.now())}`;
  });
  const sentence = h('p', { class: 'activity-text' });
  if (instance !== null) fill(sentence, instanceLink(instance), ` ${text}`);
  else fill(sentence, href === null ? text : h('a', { class: 'activity-link', href }, text));
  return h(
    'li',
    { class: 'activity-line', data: { tone, event: event.id, type: event.type } },
    time,
    h('span', { class: 'activity-sign' }, icon(name)),
    h('div', { class: 'activity-what' }, sentence, detail !== '' && h('p', { class: 'activity-detail' }, detail)),
    about !== '' && h('p', { class: 'activity-about numeric' }, about),
  );
}
