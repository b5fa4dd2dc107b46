import { h } from '../dom/h.js';
import { refill, setHidden } from '../dom/update.js';
import { ATTENTION_STATUSES, attentionCount, attentionLines } from '../format/dashboard-words.js';
import { cardView } from './card.view.js';

/**
 * What waits for somebody: commands that Novita has not confirmed in time, checks that are overdue, and failures.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {() => void} showTable
 */
export function attentionView({ fleet }, showTable) {
  const lines = h('ul', { class: 'card-note numeric' });
  const click = () => {
    void fleet.table.setQuery({ statuses: [...ATTENTION_STATUSES] });
    showTable();
  };
  const button = h('button', { class: 'link', type: 'button', on: { click } }, 'Show them');
  const card = cardView('Needs attention', lines, button);
  return {
    element: card.element,
    /** @param {boolean} hasFailed */
    showUnknown(hasFailed) {
      card.showUnknown(hasFailed);
      setHidden(lines, true);
      setHidden(button, true);
    },
    /** @param {import('../http/api-types.js').Dashboard['attention']} attention */
    show(attention) {
      const count = attentionCount(attention);
      const isQuiet = count === 0;
      card.show({
        figure: isQuiet ? 'Nothing' : String(count),
        note: isQuiet ? 'Nothing waits longer than it should.' : '',
        tone: isQuiet ? 'ok' : 'warn',
      });
      setHidden(lines, isQuiet);
      setHidden(button, isQuiet);
      refill(lines, attentionLines(attention), () => attentionLines(attention).map((line) => h('li', {}, line)));
    },
  };
}
