import { facts } from '../../dom/facts.js';
import { h } from '../../dom/h.js';
import { moment } from '../../dom/moment.js';
import { actorWords, inForceWords, ruleWords, signWords, verdictWords } from '../../format/explain-words.js';
import { withLocalTimes } from '../../format/local-times.js';
import { clockTime } from '../../format/time.js';

/**
 * @typedef {import('../../http/action-types.js').Idle} Idle
 * @typedef {import('../../http/api-types.js').Instance} Instance
 */

/**
 * What auto-stop makes of an instance, and what that rests on.
 *
 * @param {{readonly idle: Idle, readonly instance: Instance}} shown
 */
export function verdictSection({ idle, instance }) {
  const { words, tone } = verdictWords(idle.verdict);
  const { lease } = instance.autoStop;
  return [
    h('h3', {}, 'Is it stopped as idle?'),
    h(
      'div',
      { class: 'verdict', data: { tone } },
      h('span', { class: 'badge', data: { tone } }, words),
      h('p', {}, withLocalTimes(idle.reason)),
    ),
    facts([
      ['Rule', ruleWords(idle.rule)],
      ['In force', inForceWords(idle.autoStop)],
      ['Unused since', idle.idleSince === undefined ? null : timed(idle.idleSince, 'ago')],
      ['Stops', idle.stopAt === undefined ? null : timed(idle.stopAt, 'until')],
      ['Judged anew', idle.nextEvaluation === undefined ? null : timed(idle.nextEvaluation, 'until')],
      [
        'Lease',
        lease === undefined ? null : [timed(lease.until, 'until'), ` by ${actorWords(lease.by)}: ${lease.reason}`],
      ],
    ]),
    h('h3', {}, 'Signs of use'),
    idle.signs.length === 0
      ? h('p', { class: 'quiet' }, 'None is known that counts.')
      : h('ul', { class: 'signs' }, idle.signs.map(sign)),
    idle.whatWouldChangeIt.length === 0
      ? null
      : [
          h('h3', {}, 'What would change it'),
          h(
            'ul',
            { class: 'bullets' },
            idle.whatWouldChangeIt.map((text) => h('li', {}, withLocalTimes(text))),
          ),
        ],
  ];
}

/** @param {Idle['signs'][number]} shown */
function sign({ kind, at, by, detail }) {
  return h(
    'li',
    {},
    h('strong', {}, signWords(kind)),
    ' ',
    timed(at, kind === 'lease' ? 'until' : 'ago'),
    h('span', { class: 'quiet' }, `, by ${actorWords(by)}${detail === undefined ? '' : `: ${detail}`}`),
  );
}

/**
 * @param {string} at
 * @param {'ago' | 'until'} manner
 */
function timed(at, manner) {
  return [moment(at, manner), h('span', { class: 'quiet' }, ` (${clockTime(at)})`)];
}
