import { svg } from '../ui/dom.js';
import { formatDuration, hourAndMinute, timeOfDay } from '../ui/format.js';
import { CHART_HEIGHT, chartFrame } from './chart-frame.js';
import { BOTTOM, bottomLabels, leftOf, linear, RIGHT, TOP, valueAxis, valueTicks } from './chart-scale.js';
import { CHARTS } from './words.js';

/** @typedef {import('../net/api-types.js').SyncRunView} SyncRun */

const MOST_RUNS = 30;
const WIDEST_BAR = 18;
const NARROWEST_LABELS = 220;

/** How long the last syncs took; one that failed is crossed and hollow, besides its colour. */
export function syncChart() {
  const frame = chartFrame(CHARTS.syncs);
  return {
    element: frame.element,
    /**
     * @param {readonly SyncRun[]} latestFirst
     * @param {string} none what is said when there are none
     */
    show(latestFirst, none) {
      const runs = latestFirst.slice(0, MOST_RUNS).toReversed();
      const last = runs.at(-1);
      frame.show({
        latest: last === undefined ? '' : formatDuration(last.duration),
        summary: runsSummary(runs),
        from: [none, runs.map(({ runId }) => runId)],
        empty: none,
        columns: CHARTS.syncColumns,
        rows: () => runs.toReversed().map(rowOf),
        draw: (width) => (last === undefined ? null : drawing(width, runs)),
      });
    },
  };
}

/**
 * @param {number} width
 * @param {readonly SyncRun[]} runs oldest first
 * @returns {import('./chart-frame.js').Drawing}
 */
function drawing(width, runs) {
  const nowMs = Date.now();
  const ground = CHART_HEIGHT - BOTTOM;
  const ticks = valueTicks(Math.max(...runs.map(({ duration }) => duration)), { most: 4 });
  const y = linear([0, ticks.at(-1) ?? 1], [ground, TOP + 8]);
  const left = leftOf(ticks.map(tickLabel));
  const pitch = Math.min(WIDEST_BAR * 1.5, (width - left - RIGHT) / runs.length);
  const bar = Math.max(2, Math.min(WIDEST_BAR, pitch * 0.7));
  // The latest is at the right edge, as in the charts beside it.
  const spots = runs.map((run, index) => ({
    x: width - RIGHT - pitch * (runs.length - index - 0.5),
    y: y(run.duration),
    text: () => runMessage(run, nowMs),
  }));
  const ends = [spots[0], spots.length > 1 && width > NARROWEST_LABELS ? spots.at(-1) : undefined];
  const labels = ends.flatMap((spot, index) => {
    const run = index === 0 ? runs[0] : runs.at(-1);
    const isFar = spot !== undefined && (index === 0 || spot.x - (spots[0]?.x ?? 0) > 60);
    return spot === undefined || run === undefined || !isFar
      ? []
      : [{ x: spot.x, text: hourAndMinute(Date.parse(run.endTime)) }];
  });
  return {
    spots,
    nodes: [
      ...valueAxis(ticks, y, { left, width }, tickLabel),
      ...bottomLabels(labels, { left, width }, CHART_HEIGHT),
      ...runs.flatMap((run, index) => barOf(run, /** @type {typeof spots[number]} */ (spots[index]), bar, ground)),
    ],
  };
}

/** @param {number} ms */
function tickLabel(ms) {
  if (ms === 0) return '0';
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}

/**
 * @param {SyncRun} run
 * @param {{readonly x: number, readonly y: number}} top
 * @param {number} width
 * @param {number} ground
 */
function barOf({ outcome }, { x, y }, width, ground) {
  const hasFailed = outcome === 'failed';
  const rectangle = svg('rect', {
    class: hasFailed ? 'chart-bar failed' : 'chart-bar',
    x: x - width / 2,
    y: Math.min(y, ground - 1),
    width,
    height: Math.max(1, ground - y),
  });
  const arm = Math.min(4, width / 2 + 1);
  const cross = `M${x - arm} ${y - 3 - 2 * arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`;
  return hasFailed ? [rectangle, svg('path', { class: 'chart-cross', d: cross })] : [rectangle];
}

/** @param {SyncRun} run */
function rowOf({ endTime, duration, outcome, error, held }) {
  const result = outcome === 'failed' ? [CHARTS.failed, error].filter(Boolean).join(': ') : CHARTS.completed;
  return [timeOfDay(Date.parse(endTime), Date.now()), formatDuration(duration), held ? CHARTS.held(result) : result];
}

/**
 * @param {readonly import('../net/api-types.js').SyncRunView[]} runs oldest first
 */
export function runsSummary(runs) {
  const last = runs.at(-1);
  if (last === undefined) return CHARTS.noRuns;
  const durations = runs.map(({ duration }) => duration);
  const failed = runs.filter(({ outcome }) => outcome === 'failed').length;
  const how = failed === 0 ? CHARTS.noneFailed : CHARTS.someFailed(failed);
  const range = CHARTS.between(formatDuration(Math.min(...durations)), formatDuration(Math.max(...durations)));
  return CHARTS.runsSummary(CHARTS.runs(runs.length), formatDuration(last.duration), range, how);
}

/**
 * @param {import('../net/api-types.js').SyncRunView} run
 * @param {number} nowMs
 */
export function runMessage({ outcome, duration, endTime, held }, nowMs) {
  const say = outcome === 'failed' ? CHARTS.failedAfter : CHARTS.took;
  const text = say(timeOfDay(Date.parse(endTime), nowMs), formatDuration(duration));
  return held ? CHARTS.held(text) : text;
}
