import { readView } from '../fleet/read-view.js';
import { costSoFar } from '../instances/instance-messages.js';
import { h } from '../ui/dom.js';
import { usd, usdPerHour } from '../ui/format.js';
import { onTick } from '../ui/ticker.js';
import { dayChart } from './charts.js';
import { countedFromText, namedFigure } from './overview-tab.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').InstanceSpendDaysView} Spend
 * @typedef {import('../fleet/live-read.js').LiveRead<Spend>} SpendRead
 */

/**
 * What an instance has cost, costs now, and what auto-stop has saved of it.
 *
 * @param {HTMLElement} host
 * @param {import('./view.js').InstanceRead} instance
 * @param {SpendRead} read
 */
export function moneyTab(host, instance, read) {
  const cost = namedFigure('cost', INSTANCE.cost);
  const now = namedFigure('cost-now', INSTANCE.costNow);
  const saved = namedFigure('saved', INSTANCE.saved);
  const chart = dayChart(INSTANCE.byDay);
  const content = h(
    'div',
    { class: 'stack' },
    h('h2', { class: 'visually-hidden' }, INSTANCE.costs),
    h(
      'div',
      { class: 'figures instance-figures', role: 'group', 'aria-label': INSTANCE.figures },
      cost.element,
      now.element,
      saved.element,
    ),
    chart.element,
    h('p', { class: 'quiet' }, INSTANCE.inUtc),
  );
  /** @param {Spend} spend @param {number} nowMs */
  const drawCost = ({ usd: upTo, usdPerHour: rate, asOf, countedFrom }, nowMs) => {
    const note = countedFrom === undefined ? '' : countedFromText(countedFrom, instance.now().createdAt, nowMs);
    const soFar = costSoFar({ usd: upTo, usdPerHour: rate, asOf, countedFrom: countedFrom ?? asOf }, nowMs);
    cost.show(usd(soFar), { note });
  };
  /** @param {Spend} spend */
  const draw = (spend) => {
    drawCost(spend, Date.now());
    now.show(usdPerHour(spend.usdPerHour));
    saved.show(usd(spend.savedUsd), { note: INSTANCE.savedNote });
    chart.show(spend.days, spend.asOf);
  };
  onTick((nowMs) => {
    const { value } = read.state.get();
    if (value !== null) drawCost(value, nowMs);
  }, read.signal);
  host.append(readView(read, { content, draw, failed: INSTANCE.moneyFailed }));
}
