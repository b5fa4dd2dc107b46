/**
 * What the money goes for: now by GPU, region, owner and status, and the instances that cost most. Each table adds up to
 * the whole, as of one moment.
 */

import { INSTANCE_STATUSES, statusLabel } from '../fleet/status.js';
import { instanceLink, viewAddress } from '../routing/links.js';
import { h } from '../ui/dom.js';
import { formatCount, usd, usdPerHour } from '../ui/format.js';
import { dearestParts, ownerLimitThen, partLabel } from './spend-messages.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../net/api-types.js').SpendView} Spend
 * @typedef {NonNullable<Spend['now']>} SpendNow
 * @typedef {NonNullable<Spend['today']>} Period
 * @typedef {keyof typeof SPEND.by} Division
 * @typedef {{readonly label: import('../ui/dom.js').Child, readonly amount: number, readonly share?: number}} Line
 */

const MOST = 6;
const MOST_INSTANCES = 5;

/** @type {readonly Division[]} */
const DIVISIONS = ['byProduct', 'byRegion', 'byOwner', 'byStatus'];

/** The filter of the list of instances, and how a part is called. */
const PARTS = {
  byProduct: { parameter: 'product', label: (/** @type {string} */ name) => partLabel('product', name) },
  byRegion: { parameter: 'region', label: (/** @type {string} */ name) => partLabel('product', name) },
  byOwner: { parameter: 'owner', label: (/** @type {string} */ name) => partLabel('owner', name) },
  byStatus: {
    parameter: 'status',
    label: (/** @type {string} */ name) => {
      const status = INSTANCE_STATUSES.find((known) => known === name);
      return status === undefined ? name : statusLabel(status);
    },
  },
};

/** @param {SpendNow} now */
export function partsTables(now) {
  if (now.costUsdPerHour === 0) return h('p', { class: 'quiet' }, SPEND.nothingBilled);
  return h(
    'div',
    { class: 'parts-grid' },
    DIVISIONS.map((division) => {
      const { named, others } = dearestParts(now[division], MOST);
      const { parameter, label } = PARTS[division];
      /** @type {readonly Line[]} */
      const lines = [
        ...named.map(({ name, usd: amount, share }) => ({
          label: partLink(parameter, name, label(name)),
          amount,
          share,
        })),
        ...(others.count === 0
          ? []
          : [{ label: SPEND.others(others.count, formatCount(others.count)), amount: others.usd }]),
      ];
      return sumTable({
        name: division,
        title: SPEND.by[division],
        unit: SPEND.perHour,
        lines,
        total: now.costUsdPerHour,
        write: usdPerHour,
      });
    }),
  );
}

/**
 * The instances that cost most in a period.
 *
 * @param {'today' | 'month'} name
 * @param {Period} period
 */
export function dearestTable(name, { usd: total, instances }) {
  // Each is counted up to now, which may bring one before another.
  const shown = instances.toSorted((a, b) => b.usd - a.usd).slice(0, MOST_INSTANCES);
  const rest = total - shown.reduce((sum, { usd: amount }) => sum + amount, 0);
  /** @type {readonly Line[]} */
  const lines = [
    ...shown.map(({ instanceId, name: called, usd: amount }) => ({
      label: called === undefined ? SPEND.gone : instanceLink({ id: instanceId, name: called }, 'money'),
      amount,
      share: amount / (shown[0]?.usd || 1),
    })),
    ...(rest < 0.005 ? [] : [{ label: SPEND.allOthers, amount: rest }]),
  ];
  return sumTable({ name, title: SPEND.dearest[name], unit: SPEND.dollars, lines, total, write: usd });
}

/**
 * What each owner has cost today, against the limit.
 *
 * @param {NonNullable<Spend['ownerLimit']>} limit
 */
export function ownerLimitTable(limit) {
  const { dailyUsd, owners = [] } = limit;
  const shown = owners.slice(0, MOST_INSTANCES);
  const total = owners.reduce((sum, { usd: amount }) => sum + amount, 0);
  const rest = total - shown.reduce((sum, { usd: amount }) => sum + amount, 0);
  /** @type {readonly Line[]} */
  const lines = [
    ...shown.map(({ owner, usd: amount, reached }) => ({
      label: reached ? SPEND.ownerReached(partLabel('owner', owner)) : partLabel('owner', owner),
      amount,
      share: Math.min(1, amount / dailyUsd),
    })),
    ...(rest < 0.005 ? [] : [{ label: SPEND.allOthers, amount: rest }]),
  ];
  return h(
    'div',
    { class: 'stack' },
    sumTable({ name: 'owner-limit', title: SPEND.ownerLimit, unit: SPEND.dollars, lines, total, write: usd }),
    h('p', { class: 'quiet' }, SPEND.ownerLimitHint(usd(dailyUsd), ownerLimitThen(limit))),
  );
}

/** @param {string} parameter @param {string} value @param {string} text */
function partLink(parameter, value, text) {
  // The list cannot be asked for what has no name, nor for a name with a comma, which stands between two.
  const isListed = value !== '' && !value.includes(',') && (value !== 'unknown' || parameter === 'owner');
  if (!isListed) return text;
  const search = `?show=billed&${new URLSearchParams({ [parameter]: value }).toString()}&sort=-price`;
  return h('a', { class: 'part-link', href: viewAddress('instances', { search }) }, text);
}

/**
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.title
 * @param {string} options.unit
 * @param {readonly Line[]} options.lines
 * @param {number} options.total
 * @param {(amount: number) => string} options.write
 */
function sumTable({ name, title, unit, lines, total, write }) {
  return h(
    'table',
    { class: 'sum-table card', data: { sums: name } },
    h('caption', {}, title),
    h(
      'thead',
      { class: 'visually-hidden' },
      h('tr', {}, h('th', { scope: 'col' }, SPEND.what), h('th', { scope: 'col' }, unit)),
    ),
    h(
      'tbody',
      {},
      lines.map(({ label, amount, share = 0 }) => {
        const bar = h('span', { class: 'sum-bar', 'aria-hidden': 'true' });
        bar.style.width = `${Math.round(share * 1_000) / 10}%`;
        return h(
          'tr',
          { data: { usd: amount } },
          h('th', { scope: 'row' }, bar, h('span', { class: 'sum-label' }, label)),
          h('td', { class: 'numeric' }, write(amount)),
        );
      }),
    ),
    h('tfoot', {}, h('tr', {}, h('th', { scope: 'row' }, SPEND.total), h('td', { class: 'numeric' }, write(total)))),
  );
}
