import { statusChip } from '../fleet/status-chip.js';
import { gpuLabel } from '../instances/instance-messages.js';
import { instanceLink } from '../routing/links.js';
import { whileBusy } from '../ui/buttons.js';
import { cardCell, cardRow, cellNote } from '../ui/card-table.js';
import { h } from '../ui/dom.js';
import { actorName, usdPerHour } from '../ui/format.js';
import { moment } from '../ui/ticker.js';
import { ORPHANS } from './words.js';

/**
 * @typedef {import('../net/api-types.js').OrphanView} Orphan
 *
 * @typedef {object} RowCommands what can be done with a row; empty for a key that may not
 * @property {string} text of the button
 * @property {(orphan: Orphan) => Promise<void>} run
 */

/**
 * @param {Orphan} orphan
 * @param {object} options
 * @param {boolean} options.mayCommand
 * @param {boolean} options.isSelected
 * @param {(isSelected: boolean) => void} options.onSelect
 * @param {readonly RowCommands[]} options.commands
 */
export function orphanRow(orphan, { mayCommand, isSelected, onSelect, commands }) {
  const { id, novitaInstanceId, name, status, product, gpuNum, region, pricePerHour, since, ignoredAt, ignoredBy } =
    orphan;
  const { columns } = ORPHANS;
  const box = h('input', { type: 'checkbox', checked: isSelected, 'aria-label': `${ORPHANS.select} ${name}` });
  box.addEventListener('change', () => onSelect(box.checked));
  return cardRow(
    { orphan: id, selected: isSelected ? 'true' : null },
    mayCommand && h('td', { role: 'cell', class: 'orphan-select' }, h('label', {}, box)),
    h(
      'td',
      { role: 'cell', class: 'orphan-name' },
      instanceLink({ id, name: name === '' ? novitaInstanceId : name }),
      cellNote(h('span', { class: 'mono' }, novitaInstanceId)),
    ),
    cardCell(columns.status, statusChip(status), orphan.missingSince !== undefined && cellNote(ORPHANS.missing)),
    h(
      'td',
      {
        role: 'cell',
        class: 'orphan-kind',
        data: { label: columns.kind, usual: orphan.class === 'unknown' ? '' : null },
      },
      ORPHANS.classes[orphan.class],
    ),
    cardCell(columns.gpu, gpuLabel({ product, gpuNum })),
    cardCell(columns.region, region ?? ''),
    h('td', { role: 'cell', class: 'orphan-price numeric', data: { label: columns.price } }, usdPerHour(pricePerHour)),
    ignoredAt === undefined
      ? cardCell(columns.since, moment(since))
      : cardCell(columns.ignored, moment(ignoredAt), ignoredBy === undefined ? null : cellNote(actorName(ignoredBy))),
    mayCommand &&
      h(
        'td',
        { role: 'cell', class: 'orphan-actions' },
        commands.map(({ text, run }) => commandButton(text, orphan, run)),
      ),
  );
}

/**
 * @param {string} text
 * @param {Orphan} orphan
 * @param {(orphan: Orphan) => Promise<void>} run
 */
function commandButton(text, orphan, run) {
  const button = h(
    'button',
    { class: 'button small', type: 'button' },
    text,
    h('span', { class: 'visually-hidden' }, ` ${orphan.name}`),
  );
  button.addEventListener('click', () => void whileBusy(button, () => run(orphan)));
  return button;
}
