import { syncChart } from '../charts/sync-chart.js';
import { timeChart } from '../charts/time-chart.js';
import { h } from '../dom/h.js';
import { usdPerHour } from '../format/money.js';

/** From here on there is room for the charts above the table. */
const ROOMY = '(min-width: 60rem)';

/**
 * How the fleet and the syncs went over the last hours.
 *
 * @param {import('../app/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function chartsView({ fleet }) {
  const running = timeChart({
    title: 'Running instances',
    column: 'Running',
    value: (point) => point.running,
    words: (value) => `${value} running`,
    tickWords: String,
    isWhole: true,
  });
  const cost = timeChart({
    title: 'Cost per hour',
    column: 'USD per hour',
    value: (point) => point.usdPerHour,
    words: usdPerHour,
    tickWords: (value) => `$${value}`,
    isWhole: false,
  });
  const syncs = syncChart();
  fleet.dashboard.watch((dashboard) => {
    if (dashboard === null) return;
    running.show(dashboard);
    cost.show(dashboard);
  });
  fleet.syncHistory.watch((runs) => syncs.show(runs));
  return h(
    'details',
    { class: 'charts', open: matchMedia(ROOMY).matches },
    h('summary', {}, 'The last hours'),
    h('div', { class: 'charts-grid' }, running.element, cost.element, syncs.element),
  );
}
