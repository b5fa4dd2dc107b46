import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { fill, h } from '../ui/dom.js';
import { usd, usdPerHour } from '../ui/format.js';
import { emptyState, figure, viewHead } from '../ui/parts.js';
import { UI } from '../ui/words.js';
import { SPEND } from './words.js';

/** What the fleet costs, and what for. */

/** @typedef {import('../net/api-types.js').SpendView} Spend */

export const title = SPEND.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, { fleet, signal }) {
  /** @type {LiveRead<Spend>} */
  const read = new LiveRead(fleet, '/api/v1/spend', signal, (type) => type.startsWith('instance.'));
  const content = h('div', { class: 'stack' });
  const draw = (/** @type {Spend} */ spend) => fill(content, spendParts(spend));
  host.append(viewHead(title), readView(read, { content, draw, failed: SPEND.failed }));
  return { shown: read.read() };
}

/** @param {Spend} spend */
function spendParts({ now, today, month, unknown }) {
  if (unknown !== undefined || now === null) return emptyState(UI.notKnownYet, unknown?.message ?? '');
  return [
    h('div', { class: 'figures' }, [
      shown(SPEND.now, usdPerHour(now.costUsdPerHour)),
      shown(SPEND.running, usdPerHour(now.runningUsdPerHour)),
      shown(SPEND.stopped, usdPerHour(now.billedThoughStoppedUsdPerHour)),
      shown(SPEND.today, today === null ? null : usd(today.usd)),
      shown(SPEND.month, month === null ? null : usd(month.usd)),
      shown(SPEND.saved, month === null ? null : usd(month.savedUsd)),
    ]),
    partsTable(SPEND.byProduct, now.byProduct),
    partsTable(SPEND.byRegion, now.byRegion),
  ];
}

/** @param {string} label @param {string | null} text */
function shown(label, text) {
  const made = figure(label);
  made.show(text);
  return made.element;
}

/** @param {string} label @param {Readonly<Record<string, number>>} parts */
function partsTable(label, parts) {
  const rows = Object.entries(parts).toSorted(([, a], [, b]) => b - a);
  return h(
    'section',
    { class: 'stack' },
    h('h2', {}, label),
    h(
      'table',
      { class: 'table' },
      h('caption', { class: 'visually-hidden' }, label),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          Object.values(SPEND.columns).map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map(([name, perHour]) =>
          h('tr', {}, h('td', {}, name), h('td', { class: 'numeric' }, usdPerHour(perHour))),
        ),
      ),
    ),
  );
}
