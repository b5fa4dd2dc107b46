import { isStoreAway } from '../net/problem.js';
import { h } from '../ui/dom.js';
import { formatCount, roughUsd } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { syncChart } from './sync-chart.js';
import { timeChart } from './time-chart.js';
import { CHARTS, OVERVIEW } from './words.js';

/**
 * How the fleet and the syncs went over the last hours.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @returns {HTMLElement}
 */
export function chartsView({ fleet, signal }) {
  const running = timeChart({
    title: CHARTS.running,
    column: CHARTS.runningColumn,
    value: (point) => point.running,
    text: (value) => CHARTS.runningText(formatCount(value)),
    tickLabel: formatCount,
    isWhole: true,
  });
  const cost = timeChart({
    title: CHARTS.cost,
    column: CHARTS.costColumn,
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
  }, signal);
  watchAll(
    [fleet.syncHistory, fleet.syncHistoryProblem, fleet.sync],
    () => {
      const runs = fleet.syncHistory.get();
      const isAway = isStoreAway(fleet.syncHistoryProblem.get());
      const none = fleet.sync.get()?.status === 'not_started' ? CHARTS.noSync : CHARTS.notKnown;
      syncs.show(runs, isAway ? CHARTS.storeAway : none);
    },
    signal,
  );
  return h(
    'section',
    { class: 'charts', 'aria-label': OVERVIEW.lastHours },
    h('h2', {}, OVERVIEW.lastHours),
    h('div', { class: 'charts-grid' }, running.element, cost.element, syncs.element),
  );
}
