import { h } from '../../dom/h.js';
import { moment } from '../../dom/moment.js';
import { actorWords, ledgerWords } from '../../format/explain-words.js';
import { withLocalTimes } from '../../format/local-times.js';
import { clockTime } from '../../format/time.js';

/** @typedef {import('../../http/action-types.js').LedgerEntry} LedgerEntry */

/**
 * What happened to an instance, by whom and why: the latest first.
 *
 * @param {readonly LedgerEntry[]} entries
 */
export function ledgerTimeline(entries) {
  return [
    h('h3', {}, 'What happened'),
    entries.length === 0
      ? h('p', { class: 'quiet' }, 'Nothing is written down yet.')
      : h('ol', { class: 'timeline' }, entries.map(entryOf)),
  ];
}

/** @param {LedgerEntry} entry */
function entryOf({ at, kind, by, from, to, reason }) {
  const { words, tone } = ledgerWords(kind);
  return h(
    'li',
    { data: { tone } },
    h(
      'div',
      { class: 'row' },
      h('strong', {}, words),
      to === undefined && from === undefined ? null : h('span', { class: 'mono' }, change(from, to)),
    ),
    h('p', {}, withLocalTimes(reason)),
    h('p', { class: 'quiet' }, `${actorWords(by)}, `, moment(at), ` (${clockTime(at)})`),
  );
}

/**
 * @param {string | undefined} from
 * @param {string | undefined} to
 */
function change(from, to) {
  return [from, to]
    .map((part) => (part === undefined ? '' : withLocalTimes(part)))
    .filter(Boolean)
    .join(' → ');
}
