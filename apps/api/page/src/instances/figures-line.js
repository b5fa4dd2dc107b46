import { FIGURES } from '../fleet/table-query.js';
import { h, setAttribute } from '../ui/dom.js';
import { formatCount, roughUsd } from '../ui/format.js';
import { figure } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('./fleet-summary.js').FleetFigures} FleetFigures
 * @typedef {import('../fleet/table-query.js').FigureName} FigureName
 */

/**
 * One line of figures of the whole fleet. A press shows the instances that a figure counts, a second one all again.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./fleet-summary.js').SummaryRead} summary
 */
export function figuresLine({ fleet, signal }, summary) {
  const { table } = fleet;
  const figures = FIGURES.map((name) => {
    const click = () => void table.setQuery({ show: table.state.get().query.show === name ? '' : name });
    return {
      name,
      ...figure(INSTANCES.figures[name], {
        'aria-pressed': 'false',
        data: { figure: name, state: 'loading' },
        on: { click },
      }),
    };
  });
  table.state.watch(({ query: { show } }) => {
    for (const { name, element } of figures) setAttribute(element, 'aria-pressed', String(name === show));
  }, signal);
  watchAll(
    [summary.state],
    () => {
      const { value, problem } = summary.state.get();
      if (value === null && problem === null) return;
      for (const one of figures) {
        const shown = value?.figures === null || value === null ? null : figureOf(one.name, value.figures);
        one.show(shown?.text ?? null, { tone: shown?.tone ?? null, note: shown?.note ?? '' });
      }
    },
    signal,
  );
  return h(
    'div',
    { class: 'figures instances-figures', role: 'group', 'aria-label': INSTANCES.figuresLabel },
    figures.map(({ element }) => element),
  );
}

/**
 * @param {FigureName} name
 * @param {FleetFigures} figures
 * @returns {{readonly text: string, readonly tone: string | null, readonly note: string}}
 */
export function figureOf(name, { running, costUsdPerHour, unpriced, idle, billedThoughStopped, attention }) {
  switch (name) {
    case 'running':
      return { text: formatCount(running.instances), tone: null, note: '' };
    case 'billed':
      return { text: perHour(costUsdPerHour), tone: null, note: unpriced === 0 ? '' : INSTANCES.unpriced(unpriced) };
    case 'idle':
      return { text: perHour(idle.usdPerHour), tone: null, note: '' };
    case 'billed-though-stopped':
      return {
        text: perHour(billedThoughStopped.usdPerHour),
        tone: billedThoughStopped.instances > 0 ? 'warn' : null,
        note: '',
      };
    case 'attention':
      return { text: formatCount(attention.instances), tone: attention.instances > 0 ? 'warn' : null, note: '' };
  }
}

/** @param {number} amount USD */
function perHour(amount) {
  return `${roughUsd(amount)}/h`;
}
