import { h } from '../ui/dom.js';
import { formatCount, roughUsd } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { syncChart } from './sync-chart.js';
import { timeChart } from './time-chart.js';

/** From here on there is room for the charts above the table. */
const ROOMY = '(min-width: 60rem)';
const STORED = 'novita-fleet.charts';

/**
 * How the fleet and the syncs went over the last hours.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function chartsView({ fleet }) {
  const running = timeChart({
    title: 'Running instances',
    column: 'Running',
    value: (point) => point.running,
    text: (value) => `${formatCount(value)} running`,
    tickLabel: formatCount,
    isWhole: true,
  });
  const cost = timeChart({
    title: 'Cost per hour',
    column: 'USD per hour',
    value: (point) => point.costUsdPerHour,
    text: (value) => `${roughUsd(value)}/h`,
    tickLabel: (value) => `$${formatCount(value)}`,
    isWhole: false,
  });
  const syncs = syncChart();
  fleet.dashboard.watch((dashboard) => {
    if (dashboard === null) return;
    running.show(dashboard);
    cost.show(dashboard);
  });
  watchAll([fleet.syncHistory, fleet.sync], () => {
    const runs = fleet.syncHistory.get();
    syncs.show(runs, runs.length > 0 || fleet.sync.get()?.status === 'not_started');
  });
  const chosen = localStorage.getItem(STORED);
  const isOpen = chosen === null ? matchMedia(ROOMY).matches : chosen === 'open';
  const element = h(
    'details',
    { class: 'charts', open: isOpen },
    h('summary', {}, 'The last hours'),
    h('div', { class: 'charts-grid' }, running.element, cost.element, syncs.element),
  );
  // The event of the opening just made comes later and chooses nothing.
  element.addEventListener('toggle', () => {
    if (element.open !== isOpen || localStorage.getItem(STORED) !== null) {
      localStorage.setItem(STORED, element.open ? 'open' : 'closed');
    }
  });
  return element;
}
