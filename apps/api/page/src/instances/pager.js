import { keepPageSize } from '../fleet/table-address.js';
import { MOST_UNSEEN, PAGE_SIZES } from '../fleet/table-state.js';
import { whileBusy } from '../ui/buttons.js';
import { h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { formatCount as count } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { watchAll } from '../ui/store.js';
import { INSTANCES } from './words.js';

/**
 * Which instances are shown of how many, what changed elsewhere, and the way from page to page.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function pagerView({ fleet, signal, announce }) {
  const { table } = fleet;
  const range = h('span', { class: 'numeric' });
  const unseen = h('span', { class: 'numeric' });
  const refresh = h(
    'button',
    { class: 'link', type: 'button', on: { click: () => void whileBusy(refresh, () => table.load()) } },
    INSTANCES.refresh,
  );
  const unseenLine = h('span', { class: 'row unseen' }, unseen, refresh);
  const previous = turnButton(INSTANCES.previous, 'left', () => table.previousPage());
  const next = turnButton(INSTANCES.next, 'right', () => table.nextPage());
  const change = () => {
    keepPageSize(Number(size.value));
    void table.setSize(Number(size.value));
  };
  const size = h(
    'select',
    { class: 'select', on: { change } },
    PAGE_SIZES.map((rows) => h('option', { value: String(rows) }, String(rows))),
  );
  const element = h(
    'nav',
    { class: 'pager', 'aria-label': INSTANCES.pages },
    range,
    unseenLine,
    h('label', { class: 'pager-size quiet' }, INSTANCES.rows, size),
    previous,
    next,
  );

  /** @type {import('../fleet/table-state.js').Shown | null} */
  let announcedFor = null;
  watchAll(
    [table.state, fleet.dashboard],
    () => {
      const state = table.state.get();
      const { shown, rows, total } = state;
      const isKnown = shown !== null && (rows.length > 0 || fleet.dashboard.get()?.unknown === undefined);
      const text = isKnown ? rangeMessage({ page: shown.page, size: shown.size, rows: rows.length, total }) : '';
      setHidden(element, !state.isLoaded || (state.rows.length === 0 && state.page === 0));
      setText(range, text);
      setHidden(unseenLine, state.unseen === 0);
      if (state.unseen > 0) setText(unseen, unseenMessage(state.unseen, MOST_UNSEEN));
      // Not disabled for real: that would take the focus from a reader who pages with the keyboard.
      setAttribute(previous, 'aria-disabled', state.page === 0 ? 'true' : null);
      setAttribute(next, 'aria-disabled', state.hasNext ? null : 'true');
      if (size.value !== String(state.size)) size.value = String(state.size);
      const isAsked = shown !== null && (shown.query !== announcedFor?.query || shown.page !== announcedFor.page);
      // For a reader who cannot see the table: what a filter found, and not what happens by itself.
      if (isAsked && announcedFor !== null) announce(INSTANCES.announced(text));
      if (isAsked) announcedFor = shown;
    },
    signal,
  );
  return element;
}

/**
 * @param {string} text
 * @param {'left' | 'right'} sign
 * @param {() => Promise<void>} turn
 */
function turnButton(text, sign, turn) {
  const click = () => {
    if (made.getAttribute('aria-disabled') !== 'true') void turn();
  };
  /** @type {HTMLButtonElement} */
  const made = h(
    'button',
    { class: 'button plain icon', type: 'button', 'aria-label': text, title: text, on: { click } },
    icon(sign),
  );
  return made;
}

/**
 * Which of how many are shown, such as `51–100 of 10,000`.
 *
 * @param {{readonly page: number, readonly size: number, readonly rows: number, readonly total: number | null}} shown
 */
export function rangeMessage({ page, size, rows, total }) {
  if (rows === 0) return total === null || total === 0 ? INSTANCES.nothing : INSTANCES.nothingOf(count(total));
  const first = page * size + 1;
  const range = rows === 1 ? count(first) : `${count(first)}–${count(first + rows - 1)}`;
  return total === null ? range : INSTANCES.rangeOf(range, count(Math.max(total, first + rows - 1)));
}

/**
 * @param {number} unseen
 * @param {number} most as many as are counted
 */
export function unseenMessage(unseen, most) {
  return INSTANCES.unseen(unseen, unseen >= most ? INSTANCES.moreThan(count(most - 1)) : count(unseen));
}
