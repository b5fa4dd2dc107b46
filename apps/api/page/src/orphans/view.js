import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { statusChip } from '../fleet/status-chip.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { instanceLink } from '../routing/links.js';
import { whileBusy } from '../ui/buttons.js';
import { fill, h } from '../ui/dom.js';
import { usdPerHour } from '../ui/format.js';
import { emptyState, viewHead } from '../ui/parts.js';
import { UI } from '../ui/words.js';
import { ORPHANS } from './words.js';

/** What runs at Novita and was not made here. */

/**
 * @typedef {import('../net/api-types.js').OrphanPageView} OrphanPage
 * @typedef {import('../net/api-types.js').OrphanView} Orphan
 */

export const title = ORPHANS.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, signal } = view;
  /** @type {LiveRead<OrphanPage>} */
  const read = new LiveRead(fleet, '/api/v1/orphans', signal, (type) => type.startsWith('instance.'));
  const content = h('div', { class: 'stack' });
  const draw = (/** @type {OrphanPage} */ page) =>
    fill(
      content,
      orphanParts(page, view, () => read.read()),
    );
  host.append(
    viewHead(title),
    h('p', { class: 'view-lead' }, ORPHANS.what),
    readView(read, { content, draw, failed: ORPHANS.failed }),
  );
  return { shown: read.read() };
}

/**
 * @param {OrphanPage} page
 * @param {import('../routing/router.js').ViewContext} view
 * @param {() => Promise<void>} again
 */
function orphanParts({ orphans, usdPerHour: sum, unknown }, view, again) {
  if (unknown !== undefined) return emptyState(UI.notKnownYet, unknown.message);
  if (orphans.length === 0) return emptyState(ORPHANS.none);
  return [
    sum === null ? null : h('p', { class: 'numeric' }, ORPHANS.cost(usdPerHour(sum))),
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'table' },
        h('caption', { class: 'visually-hidden' }, title),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            Object.values(ORPHANS.columns).map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          {},
          orphans.map((orphan) => orphanRow(orphan, view, again)),
        ),
      ),
    ),
  ];
}

/**
 * @param {Orphan} orphan
 * @param {import('../routing/router.js').ViewContext} view
 * @param {() => Promise<void>} again
 */
function orphanRow(orphan, { http, toasts, session }, again) {
  const { novitaInstanceId, name, status, product, region, pricePerHour } = orphan;
  /** @param {'adopt' | 'ignore'} command */
  const button = (command) => {
    /** @type {HTMLButtonElement} */
    const made = h(
      'button',
      { class: 'button small', type: 'button', on: { click: () => void whileBusy(made, () => send(command)) } },
      ORPHANS[command],
      h('span', { class: 'visually-hidden' }, ` ${name}`),
    );
    return made;
  };
  /** @param {'adopt' | 'ignore'} command */
  const send = async (command) => {
    const path = `/api/v1/orphans/${encodeURIComponent(novitaInstanceId)}/${command}`;
    try {
      await http.post(path, undefined, { headers: { 'idempotency-key': newIdempotencyKey() } });
      await again();
    } catch (error) {
      toasts.failure(error);
    }
  };
  return h(
    'tr',
    {},
    h('td', {}, instanceLink({ id: orphan.id ?? novitaInstanceId, name })),
    h('td', {}, statusChip(status)),
    h('td', {}, product.name),
    h('td', {}, region ?? ''),
    h('td', { class: 'numeric' }, usdPerHour(pricePerHour)),
    h('td', {}, session.mayCommand && h('div', { class: 'row' }, button('adopt'), button('ignore'))),
  );
}
