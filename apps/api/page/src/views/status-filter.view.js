import { h, setText } from '../dom/h.js';
import { popup } from '../dom/popup.js';
import { setAttribute } from '../dom/update.js';
import { countWords } from '../format/count.js';
import { INSTANCE_STATUSES, statusWords } from '../format/status.js';

/** @typedef {import('../http/api-types.js').InstanceStatus} InstanceStatus */

/**
 * Which statuses the table shows.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function statusFilterView({ fleet }) {
  const { table } = fleet;
  const boxes = INSTANCE_STATUSES.map((status) => {
    const count = h('span', { class: 'quiet numeric' });
    const box = h('input', { type: 'checkbox', value: status, on: { change: () => choose() } });
    return { status, box, count, element: h('label', { class: 'check' }, box, statusWords(status), count) };
  });
  const choose = () => {
    const statuses = boxes.filter(({ box }) => box.checked).map(({ status }) => status);
    void table.setQuery({ statuses: isUsual(statuses) ? [] : statuses });
  };
  /**
   * @param {string} words
   * @param {readonly InstanceStatus[]} statuses
   */
  const preset = (words, statuses) =>
    h(
      'button',
      { class: 'button small', type: 'button', on: { click: () => void table.setQuery({ statuses }) } },
      words,
    );

  const words = h('span', {});
  const filter = popup({
    label: [words, h('span', { class: 'sign', 'aria-hidden': 'true' }, '▾')],
    name: 'Statuses to show',
    content: h(
      'div',
      { class: 'status-filter' },
      h('div', { class: 'row' }, preset('All', INSTANCE_STATUSES), preset('All but terminated', [])),
      h(
        'div',
        { class: 'status-boxes' },
        boxes.map(({ element }) => element),
      ),
    ),
  });

  table.state.watch(({ query: { statuses } }) => {
    setText(words, `Status: ${chosenWords(statuses)}`);
    setAttribute(filter.button, 'data-on', statuses.length > 0 ? '' : null);
    // With none chosen all boxes are empty, so that one press shows a single status.
    for (const { status, box } of boxes) box.checked = statuses.includes(status);
  });
  fleet.dashboard.watch((dashboard) => {
    for (const { status, count } of boxes) {
      setText(
        count,
        dashboard === null || dashboard.unknown !== undefined ? '' : countWords(dashboard.counts.byStatus[status] ?? 0),
      );
    }
  });
  return filter.element;
}

/** @param {readonly InstanceStatus[]} statuses */
function chosenWords(statuses) {
  const [first] = statuses;
  if (first === undefined) return 'all but terminated';
  if (statuses.length === 1) return statusWords(first);
  return statuses.length === INSTANCE_STATUSES.length ? 'any' : `${statuses.length} chosen`;
}

/**
 * Whether these are what is shown when nobody chooses.
 *
 * @param {readonly InstanceStatus[]} statuses
 */
function isUsual(statuses) {
  return statuses.length === INSTANCE_STATUSES.length - 1 && !statuses.includes('terminated');
}
