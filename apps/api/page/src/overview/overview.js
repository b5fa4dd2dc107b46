import { figuresOf } from '../fleet/figures.js';
import { INSTANCE_STATUSES, statusLabel, statusTone } from '../fleet/status.js';
import { viewAddress } from '../routing/links.js';
import { h, refill, setAttribute, setHidden, setState, setText } from '../ui/dom.js';
import { clockTime, formatCount } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { emptyState, figure } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { UI } from '../ui/words.js';
import { chartsView } from './charts.js';
import {
  attentionFigure,
  costFigure,
  figuresAge,
  idleFigure,
  needsOf,
  nextStopFigure,
  orphansFigure,
  runningFigure,
} from './overview-messages.js';
import { OVERVIEW } from './words.js';

/** @typedef {import('./overview-messages.js').Figure} Figure */

/**
 * The fleet at a glance: what runs, what it costs, what needs somebody, and how the last hours went. Each figure leads to
 * where one can act.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function overviewView(context) {
  const { fleet, session, signal } = context;
  const figures = figuresView(signal);
  const needs = needsView();
  const statuses = statusesView();
  const unknown = h('div', {});
  const age = h('span', { class: 'figures-age numeric' });
  const parts = h('div', { class: 'overview-parts' }, needs.element, statuses.element);
  const element = h('div', { class: 'overview stack' }, figures.element, unknown, parts, chartsView(context));

  const drawAge = () => {
    const { text, tone } = figuresAge(fleet.dashboard.get(), fleet.figuresFailed.get(), Date.now());
    setState(age, { text, tone: tone ?? 'idle' });
  };
  watchAll(
    [fleet.dashboard, fleet.figuresFailed, fleet.health],
    () => {
      const dashboard = fleet.dashboard.get();
      const autoStop = fleet.autoStop();
      const hasFailed = fleet.figuresFailed.get();
      drawAge();
      setAttribute(element, 'aria-busy', String(dashboard === null && !hasFailed));
      const known = figuresOf(dashboard);
      setHidden(parts, known === null);
      setHidden(unknown, dashboard?.unknown === undefined);
      if (dashboard === null || known === null) {
        if (dashboard !== null || hasFailed) figures.showUnknown();
        const why = dashboard?.unknown?.message ?? null;
        refill(unknown, why, () => why !== null && emptyState(UI.notKnownYet, why));
        return;
      }
      const present = autoStop ?? dashboard.autoStop;
      figures.show(known, present);
      needs.show(needsOf(known, present, session.mayCommand));
      statuses.show(known.counts.byStatus);
    },
    signal,
  );
  onTick(drawAge, signal);
  return { element, age };
}

/** @param {AbortSignal} signal */
function figuresView(signal) {
  const { figures: words } = OVERVIEW;
  const shown = {
    running: figure(words.running, linked('running', 'instances', '?show=running')),
    cost: figure(words.cost, linked('cost', 'spend')),
    idle: figure(words.idle, linked('idle', 'spend')),
    attention: figure(words.attention, linked('attention', 'instances', '?show=attention')),
    orphans: figure(words.orphans, linked('orphans', 'orphans')),
    next: figure(words.next, linked('next', 'spend')),
  };
  /** @type {import('../net/api-types.js').DashboardView['autoStop'] | null} */
  let autoStop = null;
  const drawNext = () => {
    if (autoStop === null) return;
    put(shown.next, nextStopFigure(autoStop, Date.now()));
    const next = autoStop.enabled && autoStop.suspended === undefined ? autoStop.next : undefined;
    const { element } = shown.next;
    setAttribute(
      element,
      'href',
      next === undefined ? viewAddress('spend') : viewAddress('instance', { id: next.instanceId }),
    );
    setAttribute(element, 'title', next === undefined ? null : `${next.name}\n${clockTime(next.stopAt)}`);
  };
  onTick(drawNext, signal);
  return {
    element: h(
      'div',
      { class: 'figures overview-figures', role: 'group', 'aria-label': OVERVIEW.figuresLabel },
      Object.values(shown).map(({ element }) => element),
    ),
    showUnknown() {
      autoStop = null;
      for (const one of Object.values(shown)) one.show(null);
    },
    /**
     * @param {import('../fleet/figures.js').Figures} figures
     * @param {import('../net/api-types.js').DashboardView['autoStop']} present
     */
    show({ counts, money, attention }, present) {
      put(shown.running, runningFigure(counts));
      put(shown.cost, costFigure(money));
      put(shown.idle, idleFigure(money));
      put(shown.attention, attentionFigure(attention));
      put(shown.orphans, orphansFigure(attention));
      autoStop = present;
      drawNext();
    },
  };
}

/**
 * @param {string} name
 * @param {import('../routing/views.js').ViewName} view
 * @param {string} [search]
 */
function linked(name, view, search = '') {
  return { href: viewAddress(view, { search }), data: { figure: name, state: 'loading' } };
}

/**
 * @param {{readonly show: (text: string | null, more?: {note?: string, tone?: string | null}) => void}} place a figure of the line
 * @param {Figure | null} said null while it is not known
 */
function put(place, said) {
  place.show(said?.text ?? null, said ?? {});
}

/** What waits for somebody, a line each, which leads to where something can be done about it. */
function needsView() {
  const list = h('ul', { class: 'needs' });
  const nothing = h('p', { class: 'needs-nothing' }, icon('check'), OVERVIEW.nothing);
  return {
    element: h(
      'section',
      { class: 'card stack', 'aria-label': OVERVIEW.needs },
      h('h2', {}, OVERVIEW.needs),
      nothing,
      list,
    ),
    /** @param {readonly import('./overview-messages.js').Need[]} needs */
    show(needs) {
      setHidden(nothing, needs.length > 0);
      setHidden(list, needs.length === 0);
      refill(list, needs, () =>
        needs.map(({ text, tone, view, search = '' }) =>
          h(
            'li',
            {},
            h(
              'a',
              { class: 'need', href: viewAddress(view, { search }), data: { tone } },
              icon(tone === 'bad' ? 'cross' : 'warning'),
              h('span', {}, text),
              icon('right'),
            ),
          ),
        ),
      );
    },
  };
}

/** How many instances there are by status; each count leads to them. */
function statusesView() {
  const chips = INSTANCE_STATUSES.map((status) => {
    const count = h('span', { class: 'numeric' });
    const href = viewAddress('instances', { search: `?status=${status}` });
    const element = h(
      'a',
      { class: 'chip', href, data: { tone: statusTone(status), status } },
      h('span', {}, statusLabel(status)),
      count,
    );
    return { status, element, count };
  });
  const none = h('p', { class: 'quiet' }, OVERVIEW.noInstances);
  return {
    element: h(
      'section',
      { class: 'card stack', 'aria-label': OVERVIEW.byStatus },
      h('h2', {}, OVERVIEW.byStatus),
      none,
      h(
        'div',
        { class: 'chips', role: 'group', 'aria-label': OVERVIEW.byStatusLabel },
        chips.map(({ element }) => element),
      ),
    ),
    /** @param {import('../fleet/figures.js').Figures['counts']['byStatus']} byStatus */
    show(byStatus) {
      for (const { status, element, count } of chips) {
        const number = byStatus[status] ?? 0;
        setText(count, formatCount(number));
        setHidden(element, number === 0);
      }
      setHidden(
        none,
        chips.some(({ status }) => (byStatus[status] ?? 0) > 0),
      );
    },
  };
}
