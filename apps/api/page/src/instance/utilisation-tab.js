import { pathOf } from '../fleet/commands.js';
import { readView } from '../fleet/read-view.js';
import { fill, h, refill, setHidden } from '../ui/dom.js';
import { emptyState } from '../ui/parts.js';
import { moment } from '../ui/ticker.js';
import { percentChart } from './charts.js';
import { logsCard } from './connect-tab.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').InstanceMetricsView} Metrics
 * @typedef {import('../fleet/live-read.js').LiveRead<Metrics>} MetricsRead
 * @typedef {1 | 6 | 24} Period in hours
 * @typedef {keyof Metrics['series']} SeriesName
 */

/** @type {readonly Period[]} */
const PERIODS = [1, 6, 24];
/** @type {readonly SeriesName[]} */
const SERIES = ['gpu', 'vram', 'cpu', 'memory', 'disk'];
const HOUR_MS = 3_600_000;

/** @param {string | null} text of an address, which anybody can write @returns {Period} */
export function periodNamed(text) {
  return PERIODS.find((hours) => String(hours) === text) ?? 1;
}

/**
 * What is read for a period that ends now. The beginning is the hour, minute and second of the read, so it is made anew for each.
 *
 * @param {{readonly id: string}} instance
 * @param {Period} hours
 * @param {number} nowMs
 */
export function metricsPath(instance, hours, nowMs) {
  const path = `${pathOf(instance)}/metrics`;
  // Left out it is an hour, and stays so however late it is read.
  return hours === 1 ? path : `${path}?from=${Math.floor((nowMs - hours * HOUR_MS) / 60_000) * 60_000 + 60_000}`;
}

/**
 * How busy an instance was, as Novita measures it.
 *
 * @param {HTMLElement} host
 * @param {object} parts
 * @param {import('./view.js').InstanceRead} parts.instance
 * @param {MetricsRead} parts.read
 * @param {import('./view.js').TabPlace} parts.place
 * @param {AbortSignal} parts.signal
 */
export function utilisationTab(host, { instance, read, place, signal }) {
  const choice = h(
    'select',
    { class: 'select', id: 'utilisation-period' },
    PERIODS.map((hours) => h('option', { value: hours }, INSTANCE.periods[hours])),
  );
  const charts = SERIES.map((name) => ({ name, ...percentChart(INSTANCE.series[name]) }));
  const grid = h(
    'div',
    { class: 'instance-charts' },
    charts.map(({ element }) => element),
  );
  const age = h('p', { class: 'quiet numeric' });
  const unknown = h('div', {});
  const logs = h('div', {});
  const content = h(
    'div',
    { class: 'stack' },
    h('h2', { class: 'visually-hidden' }, INSTANCE.howBusy),
    age,
    unknown,
    grid,
  );
  /** @param {Metrics} metrics */
  const draw = (metrics) => {
    const { series, from, to, asOf, readAt, unknown: why } = metrics;
    const isEmpty = SERIES.every((name) => (series[name] ?? []).length === 0);
    setHidden(grid, isEmpty);
    setHidden(unknown, !isEmpty);
    refill(unknown, isEmpty ? (why?.detail ?? '') : null, () =>
      isEmpty ? emptyState(INSTANCE.noFigures, why?.detail ?? '') : null,
    );
    const measured = asOf === undefined || asOf === null ? null : [INSTANCE.measured, moment(asOf)];
    fill(age, measured, measured === null ? null : [INSTANCE.readFrom, moment(readAt ?? to)]);
    for (const chart of charts) chart.show(series[chart.name], [Date.parse(from), Date.parse(to)]);
  };
  const update = () => {
    const hours = periodNamed(place.get('hours'));
    choice.value = String(hours);
    void read.readFrom(metricsPath(instance.now(), hours, Date.now()));
  };
  choice.addEventListener('change', () => {
    place.set('hours', choice.value === '1' ? '' : choice.value);
    update();
  });
  choice.value = String(periodNamed(place.get('hours')));
  host.append(
    h(
      'div',
      { class: 'stack' },
      h('div', { class: 'row' }, h('label', { for: 'utilisation-period' }, INSTANCE.period), choice),
      readView(read, { content, draw, failed: INSTANCE.utilisationFailed }),
      logs,
    ),
  );
  instance.watch((now) => {
    const { connectionDetails, status } = now;
    refill(logs, [connectionDetails.webTerminal, status], () => logsCard(now));
  }, signal);
  return { update };
}
