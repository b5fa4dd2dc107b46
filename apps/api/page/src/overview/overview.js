import { attentionCount, figuresOf } from '../fleet/figures.js';
import { INSTANCE_STATUSES, statusLabel, statusTone } from '../fleet/status.js';
import { viewAddress } from '../routing/links.js';
import { h, refill, setAttribute, setHidden, setState, setText } from '../ui/dom.js';
import { clockTime, formatCount } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { chartsView } from './charts.js';
import {
  attentionLines,
  costFigure,
  figuresAge,
  idleFigure,
  nextStopFigure,
  orphansFigure,
  savedFigure,
} from './overview-messages.js';

/**
 * The fleet in figures: how many, what they cost, what auto-stop does, and what waits for somebody.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function dashboardView(context) {
  const { fleet, session, signal } = context;
  const counts = statusCountsView();
  const cost = cardView('Cost');
  const idle = cardView('Idle cost');
  const saved = cardView('Saved by auto-stop today');
  const nextStop = nextStopView(signal);
  const attention = attentionView();
  const orphans = cardView('Orphans');
  const cards = [attention, cost, idle, nextStop, saved, orphans];
  const age = h('span', { class: 'figures-age numeric' });
  const element = h(
    'section',
    { class: 'dashboard', 'aria-label': 'Figures' },
    h(
      'div',
      { class: 'cards' },
      counts.element,
      cards.map((card) => card.element),
    ),
    chartsView(context),
  );

  const drawAge = () => {
    const { text, tone } = figuresAge(fleet.dashboard.get(), fleet.figuresFailed.get(), Date.now());
    setState(age, { text, tone: tone ?? 'idle' });
  };
  watchAll(
    [fleet.dashboard, fleet.figuresFailed],
    () => {
      const dashboard = fleet.dashboard.get();
      const hasFailed = fleet.figuresFailed.get();
      setAttribute(element, 'aria-busy', String(dashboard === null && !hasFailed));
      drawAge();
      const figures = figuresOf(dashboard);
      if (dashboard === null || figures === null) {
        const isUnknown = hasFailed || dashboard !== null;
        counts.showUnknown(isUnknown, dashboard?.unknown?.message);
        for (const card of cards) card.showUnknown(isUnknown);
        return;
      }
      counts.show(figures.counts);
      cost.show(costFigure(figures.money));
      idle.show(idleFigure(figures.money));
      saved.show(savedFigure(figures.money));
      nextStop.show(dashboard.autoStop);
      attention.show(figures.attention);
      orphans.show(orphansFigure(figures.attention, session.mayCommand));
    },
    signal,
  );
  onTick(drawAge, signal);
  return { element, age };
}

/** How many instances there are by status; each count leads to them. */
function statusCountsView() {
  const chips = INSTANCE_STATUSES.map((status) => {
    const count = h('span', { class: 'numeric' });
    const href = viewAddress('instances', { search: `?status=${status}` });
    const element = h(
      'a',
      { class: 'chip', href, data: { tone: statusTone(status) } },
      h('span', {}, statusLabel(status)),
      count,
    );
    return { status, element, count };
  });
  const list = h(
    'div',
    { class: 'chips', role: 'group', 'aria-label': 'Show only instances that are' },
    chips.map(({ element }) => element),
  );
  const card = cardView('Instances', list);
  card.element.classList.add('counts-card');
  return {
    element: card.element,
    /** @param {boolean} hasFailed @param {string} [why] */
    showUnknown(hasFailed, why) {
      card.showUnknown(hasFailed, why);
      setHidden(list, true);
    },
    /** @param {import('../fleet/figures.js').Figures['counts']} counts */
    show({ total, discovered, byStatus }) {
      const note = discovered === 0 ? '' : `${formatCount(discovered)} of them made elsewhere`;
      card.show({ figure: formatCount(total), note, tone: null });
      setHidden(list, false);
      for (const { status, element, count } of chips) {
        const number = byStatus[status] ?? 0;
        setText(count, formatCount(number));
        setHidden(element, number === 0);
      }
    },
  };
}

/** What waits for somebody: commands that Novita has not confirmed in time, overdue checks, failures. */
function attentionView() {
  const lines = h('ul', { class: 'card-note numeric' });
  const href = viewAddress('instances', { search: '?show=attention' });
  const link = h('a', { href }, 'Show them');
  const card = cardView('Needs attention', lines, link);
  return {
    element: card.element,
    /** @param {boolean} hasFailed */
    showUnknown(hasFailed) {
      card.showUnknown(hasFailed);
      setHidden(lines, true);
      setHidden(link, true);
    },
    /** @param {import('../fleet/figures.js').Figures['attention']} attention */
    show(attention) {
      const count = attentionCount(attention);
      const isQuiet = count === 0;
      card.show({
        figure: isQuiet ? 'Nothing' : String(count),
        note: isQuiet ? 'Nothing waits longer than it should.' : '',
        tone: isQuiet ? 'ok' : 'warn',
      });
      setHidden(lines, isQuiet);
      setHidden(link, isQuiet);
      refill(lines, attentionLines(attention), () => attentionLines(attention).map((line) => h('li', {}, line)));
    },
  };
}

/**
 * Which instance auto-stop takes next, and when; its name leads to the reasons.
 *
 * @param {AbortSignal} signal
 */
function nextStopView(signal) {
  /** @type {import('../net/api-types.js').DashboardView['autoStop'] | null} */
  let autoStop = null;
  const name = h('a', { class: 'card-name' });
  const card = cardView('Next auto-stop', name);
  const draw = () => {
    if (autoStop === null) return;
    card.show(nextStopFigure(autoStop, Date.now()));
    const isShown = autoStop.enabled && autoStop.suspended === undefined;
    const next = isShown ? autoStop.next : undefined;
    setHidden(name, next === undefined);
    setText(name, next?.name ?? '');
    setAttribute(name, 'href', next === undefined ? null : viewAddress('instance', { id: next.instanceId }));
    setAttribute(name, 'title', next === undefined ? null : clockTime(next.stopAt));
  };
  onTick(draw, signal);
  return {
    element: card.element,
    /** @param {boolean} hasFailed */
    showUnknown(hasFailed) {
      autoStop = null;
      card.showUnknown(hasFailed);
      setHidden(name, true);
    },
    /** @param {import('../net/api-types.js').DashboardView['autoStop']} shown */
    show(shown) {
      autoStop = shown;
      draw();
    },
  };
}

/**
 * One figure of the dashboard. What is not known yet, or could not be read, is shown as such and never as a number.
 *
 * @param {string} title
 * @param {...HTMLElement} more below the note
 */
function cardView(title, ...more) {
  const figure = h('p', { class: 'card-figure numeric', data: { state: 'loading' } }, '…');
  const note = h('p', { class: 'card-note numeric' });
  const element = h(
    'article',
    { class: 'card figure-card' },
    h('h2', { class: 'card-title' }, title),
    figure,
    note,
    more,
  );
  return {
    element,
    /** @param {import('./overview-messages.js').Figure} shown */
    show(shown) {
      setAttribute(figure, 'data-state', 'known');
      setAttribute(element, 'data-tone', shown.tone);
      setText(figure, shown.figure);
      setText(note, shown.note);
    },
    /**
     * @param {boolean} hasFailed whether it was asked for in vain
     * @param {string} [why] in one sentence
     */
    showUnknown(hasFailed, why = '') {
      setAttribute(figure, 'data-state', hasFailed ? 'unknown' : 'loading');
      setAttribute(element, 'data-tone', null);
      setText(figure, hasFailed ? 'not known' : '…');
      setText(note, why);
    },
  };
}
