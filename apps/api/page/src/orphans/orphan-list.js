import { extentOf, Selection } from '../instances/selection.js';
import { whileBusy } from '../ui/buttons.js';
import { cardTable } from '../ui/card-table.js';
import { arrange, fill, h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { formatCount } from '../ui/format.js';
import { emptyState } from '../ui/parts.js';
import { UI } from '../ui/words.js';
import { orphanCommands } from './orphan-commands.js';
import { commandTarget, selectedSum } from './orphan-figures.js';
import { orphanRow } from './orphan-rows.js';
import { ORPHANS } from './words.js';

/**
 * @typedef {import('../net/api-types.js').OrphanPageView} OrphanPage
 * @typedef {import('../net/api-types.js').OrphanView} Orphan
 */

/**
 * A list of orphans with what can be done with many at once: those to decide on, or those that are ignored.
 *
 * @param {import('../routing/router.js').ViewContext} view
 * @param {object} list
 * @param {boolean} list.isIgnored
 * @param {() => number | null} list.ignoredTotal how many are ignored; null when that is not known
 * @param {() => Promise<void>} list.again reads the lists anew
 * @param {() => void} list.focus puts the focus somewhere when what had it is gone
 */
export function orphanList(view, { isIgnored, ignoredTotal, again, focus }) {
  const { session, signal } = view;
  const selection = new Selection();
  /** @type {OrphanPage | null} */
  let page = null;
  const { mayCommand } = session;
  const run = orphanCommands(view, again);

  // A phone shows no head of the table: there the box stands in the bar.
  const box = h('input', { type: 'checkbox', 'aria-label': ORPHANS.selectAll });
  const barBox = h('input', { type: 'checkbox' });
  const { columns } = ORPHANS;
  const table = cardTable(
    ORPHANS.title,
    [
      ...(mayCommand ? [h('label', { class: 'orphan-select' }, box)] : []),
      columns.name,
      columns.status,
      columns.kind,
      columns.gpu,
      columns.region,
      h('span', { class: 'orphan-price' }, columns.price),
      isIgnored ? columns.ignored : columns.since,
      ...(mayCommand ? [h('span', { class: 'visually-hidden' }, columns.actions)] : []),
    ],
    null,
    { isBrief: true },
  );
  for (const one of [box, barBox]) {
    one.addEventListener('change', () => selection.set(page?.orphans.map(({ id }) => id) ?? [], one.checked));
  }

  const target = () =>
    commandTarget({
      orphans: page?.orphans ?? [],
      selected: selection.ids.get(),
      total: page?.total ?? 0,
      ignored: ignoredTotal(),
    });
  /** @param {'adopt' | 'ignore' | 'unignore'} command @param {boolean} isPrimary */
  const bulkButton = (command, isPrimary) => {
    const button = h('button', { class: isPrimary ? 'button primary' : 'button', type: 'button' });
    button.dataset['command'] = command;
    button.addEventListener('click', () => void whileBusy(button, () => run[command](target().target)));
    return { command, button };
  };
  const buttons = isIgnored
    ? [bulkButton('adopt', false), bulkButton('unignore', true)]
    : [bulkButton('ignore', false), bulkButton('adopt', true)];
  const text = h('p', { class: 'numeric', role: 'status' });
  const clear = h('button', { class: 'button plain', type: 'button' }, ORPHANS.clear);
  clear.addEventListener('click', () => {
    selection.clear();
    focus();
  });
  const bar = h(
    'div',
    { class: 'orphan-bar', role: 'group', 'aria-label': ORPHANS.bar },
    h('label', { class: 'check orphan-select-all' }, barBox, ORPHANS.selectEach),
    text,
    clear,
    h(
      'div',
      { class: 'row' },
      buttons.map(({ button }) => button),
    ),
  );
  const empty = h('div', {});
  const element = h('div', { class: 'stack orphan-list' }, mayCommand && bar, table.element, empty);

  /** @type {Map<string, {readonly from: string, readonly row: HTMLElement}>} */
  let rows = new Map();
  const drawSelection = () => {
    const orphans = page?.orphans ?? [];
    const chosen = orphans.filter(({ id }) => selection.has(id));
    const extent = extentOf(chosen.length, orphans.length);
    for (const one of [box, barBox]) {
      one.checked = extent === 'all';
      one.indeterminate = extent === 'some';
    }
    for (const [id, { row }] of rows) {
      const isOn = selection.has(id);
      setAttribute(row, 'data-selected', isOn ? 'true' : null);
      const own = row.querySelector('input');
      if (own !== null) own.checked = isOn;
    }
    const { count, isAll } = target();
    for (const { command, button } of buttons) {
      const words = isAll ? ORPHANS.all : ORPHANS.these;
      const label = words(ORPHANS[command], formatCount(count));
      // Listing again changes nothing but the list, so it asks nothing before.
      setText(button, command === 'unignore' ? label.replace('…', '') : label);
    }
    setHidden(clear, chosen.length === 0);
    const isPart = page !== null && page.total !== null && page.total > orphans.length;
    const part = isPart ? ORPHANS.part(formatCount(orphans.length), formatCount(page?.total ?? 0)) : '';
    setText(text, chosen.length === 0 ? part : ORPHANS.selected(formatCount(chosen.length), selectedSum(chosen)));
  };
  selection.ids.watch(drawSelection, signal);

  return {
    element,
    /** @param {OrphanPage} next */
    draw(next) {
      page = next;
      const { orphans, unknown } = next;
      const hadFocus = table.body.contains(document.activeElement);
      const present = new Map();
      for (const orphan of orphans) {
        const from = JSON.stringify(orphan);
        const before = rows.get(orphan.id);
        present.set(orphan.id, before?.from === from ? before : { from, row: rowOf(orphan) });
      }
      rows = present;
      arrange(
        table.body,
        [...present.values()].map(({ row }) => row),
      );
      // A row that went took the focus with it.
      if (hadFocus && !table.body.contains(document.activeElement)) focus();
      selection.keep(orphans);
      setHidden(table.element, orphans.length === 0);
      setHidden(bar, orphans.length === 0);
      setHidden(empty, orphans.length > 0);
      if (unknown !== undefined) fill(empty, emptyState(UI.notKnownYet, unknown.message));
      else if (isIgnored) fill(empty, emptyState(ORPHANS.noneIgnored, ORPHANS.noneIgnoredHint));
      else fill(empty, emptyState(ORPHANS.none, ORPHANS.noneHint));
      drawSelection();
    },
  };

  /** @param {Orphan} orphan */
  function rowOf(orphan) {
    const ids = { ids: [orphan.id] };
    return orphanRow(orphan, {
      mayCommand,
      isSelected: selection.has(orphan.id),
      onSelect: (isSelected) => selection.set([orphan.id], isSelected),
      commands: isIgnored
        ? [{ text: ORPHANS.unignore, run: () => run.unignore(ids) }]
        : [
            { text: `${ORPHANS.ignore}…`, run: () => run.ignore(ids) },
            { text: `${ORPHANS.adopt}…`, run: () => run.adopt(ids) },
          ],
    });
  }
}
