import { keepPageSize } from '../app/page-size.js';
import { h, setText } from '../dom/h.js';
import { setAttribute, setHidden } from '../dom/update.js';
import { countWords } from '../format/count.js';
import { PAGE_SIZES } from '../state/table-state.js';

/**
 * From page to page.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {() => void} onTurn a page is read on from its beginning
 */
export function pagerView({ fleet }, onTurn) {
  const { table } = fleet;
  /**
   * @param {string} words
   * @param {() => Promise<void>} turn
   */
  const button = (words, turn) => {
    const click = async () => {
      if (made.getAttribute('aria-disabled') === 'true') return;
      await turn();
      onTurn();
    };
    /** @type {HTMLButtonElement} */
    const made = h('button', { class: 'button', type: 'button', on: { click: () => void click() } }, words);
    return made;
  };
  const previous = button('Previous', () => table.previousPage());
  const next = button('Next', () => table.nextPage());
  const page = h('span', { class: 'numeric quiet' });
  const size = h(
    'select',
    {
      class: 'select',
      on: {
        change: () => {
          keepPageSize(Number(size.value));
          void table.setSize(Number(size.value));
        },
      },
    },
    PAGE_SIZES.map((count) => h('option', { value: String(count) }, String(count))),
  );
  const element = h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages of instances' },
    h('label', { class: 'row quiet' }, 'Rows', size),
    h('div', { class: 'row' }, previous, page, next),
  );

  table.state.watch((state) => {
    setHidden(element, !state.isLoaded || (state.rows.length === 0 && state.page === 0));
    setText(page, `Page ${countWords(state.page + 1)}`);
    // Not disabled for real, as that would take the focus from whoever pages with the keyboard.
    setAttribute(previous, 'aria-disabled', state.page === 0 ? 'true' : null);
    setAttribute(next, 'aria-disabled', state.hasNext ? null : 'true');
    if (size.value !== String(state.size)) size.value = String(state.size);
  });
  return element;
}
