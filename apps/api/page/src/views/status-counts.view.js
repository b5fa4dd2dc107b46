import { h, setText } from '../dom/h.js';
import { setAttribute, setHidden } from '../dom/update.js';
import { countWords } from '../format/count.js';
import { INSTANCE_STATUSES, statusTone, statusWords } from '../format/status.js';
import { cardView } from './card.view.js';

/**
 * How many instances there are by status; each count shows them in the table, and all of them at the second press.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {() => void} showTable
 */
export function statusCountsView({ fleet }, showTable) {
  const chips = INSTANCE_STATUSES.map((status) => {
    const count = h('span', { class: 'numeric' });
    const click = () => {
      const isOn = isChosen(fleet.table.state.get().query.statuses, status);
      void fleet.table.setQuery({ statuses: isOn ? [] : [status] });
      if (!isOn) showTable();
    };
    const element = h(
      'button',
      { class: 'chip', type: 'button', 'aria-pressed': 'false', data: { tone: statusTone(status) }, on: { click } },
      h('span', {}, statusWords(status)),
      count,
    );
    return { status, element, count };
  });
  const list = h(
    'div',
    { class: 'chips', role: 'group', 'aria-label': 'Show only instances that are' },
    chips.map(({ element }) => element),
  );
  const card = cardView('Instances', list);
  card.element.classList.add('counts-card');

  fleet.table.state.watch(({ query }) => {
    for (const { status, element } of chips) {
      setAttribute(element, 'aria-pressed', String(isChosen(query.statuses, status)));
    }
  });
  return {
    element: card.element,
    /** @param {boolean} hasFailed @param {string} [why] */
    showUnknown(hasFailed, why) {
      card.showUnknown(hasFailed, why);
      setHidden(list, true);
    },
    /** @param {import('../http/api-types.js').Dashboard['counts']} counts */
    show({ total, discovered, byStatus }) {
      const note = discovered === 0 ? '' : `${countWords(discovered)} of them made elsewhere`;
      card.show({ figure: countWords(total), note, tone: null });
      setHidden(list, false);
      for (const { status, element, count } of chips) {
        const number = byStatus[status] ?? 0;
        setText(count, countWords(number));
        // One that is chosen stays to be let go of, even when the last such instance has left it.
        setHidden(element, number === 0 && element.getAttribute('aria-pressed') !== 'true');
      }
    },
  };
}

/**
 * @param {readonly string[]} statuses
 * @param {string} status
 */
function isChosen(statuses, status) {
  return statuses.length === 1 && statuses[0] === status;
}
