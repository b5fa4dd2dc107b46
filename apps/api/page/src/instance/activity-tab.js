import { readView } from '../fleet/read-view.js';
import { h, refill } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { emptyState } from '../ui/parts.js';
import { moment } from '../ui/ticker.js';
import { entriesOf, GROUP_NAMES, groupNamed, sentenceOf } from './audit-sentences.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').AuditEntryView} Entry
 * @typedef {import('../fleet/live-read.js').LiveRead<import('../net/api-types.js').AuditLogView>} AuditRead
 */

const MOST_KEPT = 200;

/**
 * What happened to an instance, in sentences.
 *
 * @param {HTMLElement} host
 * @param {AuditRead} read
 * @param {import('./view.js').TabPlace} place
 */
export function activityTab(host, read, place) {
  const choice = h(
    'select',
    { class: 'select', id: 'activity-group' },
    GROUP_NAMES.map((group) => h('option', { value: group }, INSTANCE.group[group])),
  );
  const list = h('div', { class: 'stack' });
  const draw = () => {
    const log = read.state.get().value;
    const group = groupNamed(place.get('show'));
    choice.value = group;
    if (log !== null) refill(list, [log.entries, group], () => listOf(log.entries, group));
  };
  choice.addEventListener('change', () => {
    place.set('show', choice.value === 'all' ? '' : choice.value);
    draw();
  });
  host.append(
    h(
      'div',
      { class: 'stack' },
      h('div', { class: 'row' }, h('label', { for: 'activity-group' }, INSTANCE.show), choice),
      readView(read, { content: list, draw, failed: INSTANCE.activityFailed }),
    ),
  );
  return { update: draw };
}

/**
 * @param {readonly Entry[]} entries
 * @param {import('./audit-sentences.js').Group} group
 */
function listOf(entries, group) {
  const shown = entriesOf(entries, group);
  if (shown.length === 0) return emptyState(entries.length === 0 ? INSTANCE.nothing : INSTANCE.nothingOfThese);
  const nowMs = Date.now();
  return [
    h('h2', { class: 'visually-hidden' }, INSTANCE.happened),
    h(
      'ol',
      { class: 'timeline' },
      shown.map((entry, index) => entryLine(entry, shown[index + 1]?.reason === entry.reason, nowMs)),
    ),
    entries.length < MOST_KEPT ? null : h('p', { class: 'quiet' }, INSTANCE.mostKept),
  ];
}

/**
 * @param {Entry} entry
 * @param {boolean} isSaid whether the entry before gives the same reason: a command, and the status that follows from it
 * @param {number} nowMs
 */
function entryLine(entry, isSaid, nowMs) {
  const { text, detail: reason, tone } = sentenceOf(entry, nowMs);
  const detail = isSaid ? '' : reason;
  return h(
    'li',
    { data: { tone, kind: entry.kind } },
    h('p', {}, h('strong', {}, text), detail === '' ? '.' : `: ${detail}`),
    h('p', { class: 'quiet numeric' }, moment(entry.at), `, ${clockTime(entry.at)}`),
  );
}
