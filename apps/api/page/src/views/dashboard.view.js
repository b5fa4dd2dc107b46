import { onTick } from '../app/ticker.js';
import { h } from '../dom/h.js';
import { setAttribute, setState } from '../dom/update.js';
import { costFigure, figuresAge, idleFigure, orphansFigure, savedFigure } from '../format/dashboard-words.js';
import { watchAll } from '../state/watch-all.js';
import { attentionView } from './attention.view.js';
import { cardView } from './card.view.js';
import { chartsView } from './charts.view.js';
import { nextStopView } from './next-stop.view.js';
import { statusCountsView } from './status-counts.view.js';

/**
 * The fleet in figures: how many, what they cost, what auto-stop does, and what waits for somebody.
 *
 * @param {import('../app/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function dashboardView(context) {
  const { fleet, session } = context;
  // On a phone the table is far below what filters it.
  const showTable = () => {
    const table = element.nextElementSibling;
    if (table !== null && table.getBoundingClientRect().top > innerHeight / 2) table.scrollIntoView({ block: 'start' });
  };
  const counts = statusCountsView(context, showTable);
  const cost = cardView('Cost');
  const idle = cardView('Idle cost');
  const saved = cardView('Saved by auto-stop today');
  const nextStop = nextStopView(context);
  const attention = attentionView(context, showTable);
  const orphans = cardView('Orphans');
  const cards = [attention, cost, idle, nextStop, saved, orphans];
  const age = h('span', { class: 'figures-age numeric' });
  const element = h(
    'section',
    { class: 'dashboard', 'aria-labelledby': 'dashboard-title' },
    h('div', { class: 'row' }, h('h2', { id: 'dashboard-title' }, 'Overview'), age),
    h(
      'div',
      { class: 'cards' },
      counts.element,
      cards.map((card) => card.element),
    ),
    chartsView(context),
  );

  const drawAge = () => {
    const { words, tone } = figuresAge(fleet.dashboard.get(), fleet.figuresFailed.get(), Date.now());
    setState(age, { words, tone: tone ?? 'idle' });
  };
  watchAll([fleet.dashboard, fleet.figuresFailed], () => {
    const dashboard = fleet.dashboard.get();
    const hasFailed = fleet.figuresFailed.get();
    setAttribute(element, 'aria-busy', String(dashboard === null && !hasFailed));
    drawAge();
    if (dashboard === null) {
      counts.showUnknown(hasFailed);
      for (const card of cards) card.showUnknown(hasFailed);
      return;
    }
    if (dashboard.unknown !== undefined) {
      counts.showUnknown(true, dashboard.unknown.message);
      for (const card of cards) card.showUnknown(true);
      return;
    }
    counts.show(dashboard.counts);
    cost.show(costFigure(dashboard.money));
    idle.show(idleFigure(dashboard.money));
    saved.show(savedFigure(dashboard.money));
    nextStop.show(dashboard.autoStop);
    attention.show(dashboard.attention);
    orphans.show(orphansFigure(dashboard.attention, session.mayCommand));
  });
  onTick(drawAge);
  return element;
}
