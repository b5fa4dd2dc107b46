import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { viewAddress } from '../routing/links.js';
import { actionButton } from '../ui/buttons.js';
import { h, refill, setHidden, setText } from '../ui/dom.js';
import { clockTime, roughUsd, timeOfDay, usd } from '../ui/format.js';
import { emptyState, figure, viewHead } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { UI } from '../ui/words.js';
import { daysSection } from './days-section.js';
import { idleSection, stoppedSection } from './instance-sections.js';
import { dearestTable, partsTables } from './parts.js';
import { limitMessage, roughPerHour, unpricedMessage } from './spend-messages.js';
import { SPEND } from './words.js';

/** What the fleet costs: what of it could be saved first, then what it goes for. */

/** @typedef {import('../net/api-types.js').SpendView} Spend */

export const title = SPEND.title;

const HOURS_PER_DAY = 24;
const DEAREST = 10;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, actions, signal } = view;
  /** @type {LiveRead<Spend>} */
  const read = new LiveRead(fleet, `/api/v1/spend?limit=${DEAREST}`, signal, (type) => isAboutMoney(type));
  const figures = figuresView();
  const idle = idleSection(view);
  const stopped = stoppedSection(view);
  const days = daysSection(view);
  const parts = h('div', {});
  const dearest = h('div', { class: 'parts-grid' });
  const goesFor = h(
    'section',
    { class: 'stack', 'aria-label': SPEND.parts, hidden: true },
    h('h2', {}, SPEND.parts),
    parts,
    dearest,
  );
  const unknown = h('div', {});
  const asOf = h('span', { class: 'quiet numeric money-as-of' });
  const stopAll = actions.ofFleet('stopAll');
  const known = h('div', { class: 'money stack' }, idle.element, stopped.element, goesFor, days.element);
  const draw = (/** @type {Spend} */ spend) => {
    const { now, today, month, limit } = spend;
    const isKnown = spend.unknown === undefined && now !== null;
    setHidden(figures.element, !isKnown);
    setHidden(known, !isKnown);
    setText(asOf, isKnown ? SPEND.asOf(timeOfDay(Date.parse(spend.asOf), Date.now())) : '');
    asOf.title = clockTime(spend.asOf);
    refill(unknown, spend.unknown ?? null, () =>
      isKnown ? null : emptyState(UI.notKnownYet, spend.unknown?.message ?? ''),
    );
    setHidden(goesFor, now === null);
    if (now === null) return;
    figures.show(now, today, month, limit);
    idle.showSum(now.idle);
    stopped.showSum({ usdPerHour: now.billedThoughStoppedUsdPerHour, instances: null });
    refill(parts, now, () => partsTables(now));
    refill(dearest, [today, month], () => [
      today !== null && today.usd > 0 && dearestTable('today', today),
      month !== null && month.usd > 0 && dearestTable('month', month),
    ]);
  };
  watchAll(
    [read.state, days.state],
    () => {
      // What failed for the same reason is said once.
      const [{ problem }, { value, problem: alike }] = [read.state.get(), days.state.get()];
      setHidden(days.element, value === null && problem !== null && alike !== null);
    },
    signal,
  );
  host.append(
    viewHead(title, asOf, stopAll && actionButton(stopAll)),
    readView(read, { content: h('div', {}, figures.element, unknown), draw, failed: SPEND.failed, rows: 1 }),
    known,
  );
  const shown = Promise.all([read.read(), idle.shown, stopped.shown, days.shown]);
  return { update: () => days.update(), shown };
}

/** @param {string} type of an event */
function isAboutMoney(type) {
  return type.startsWith('instance.') || type.startsWith('spend.') || type === 'sync.completed';
}

/** What it costs, in one line; each figure of instances leads to these. */
function figuresView() {
  const shown = {
    now: figure(SPEND.figures.now, listed('now', 'billed')),
    idle: figure(SPEND.figures.idle, listed('idle', 'idle')),
    stopped: figure(SPEND.figures.stopped, listed('stopped', 'billed-though-stopped')),
    today: figure(SPEND.figures.today, { data: { figure: 'today', state: 'loading' } }),
    month: figure(SPEND.figures.month, { data: { figure: 'month', state: 'loading' } }),
    saved: figure(SPEND.figures.saved, { data: { figure: 'saved', state: 'loading' } }),
  };
  return {
    element: h(
      'div',
      { class: 'figures money-figures', role: 'group', 'aria-label': SPEND.figuresLabel },
      Object.values(shown).map(({ element }) => element),
    ),
    /**
     * @param {NonNullable<Spend['now']>} now
     * @param {Spend['today']} today
     * @param {Spend['month']} month
     * @param {Spend['limit']} limit
     */
    show(now, today, month, limit) {
      const { costUsdPerHour, unpriced, idle, billedThoughStoppedUsdPerHour: stopped } = now;
      shown.now.show(roughPerHour(costUsdPerHour), {
        note: unpricedMessage(unpriced) || perDay(costUsdPerHour),
      });
      shown.idle.show(roughPerHour(idle.usdPerHour), {
        note: unpricedMessage(idle.unpriced) || perDay(idle.usdPerHour),
        tone: idle.usdPerHour > 0 ? 'warn' : null,
      });
      shown.stopped.show(roughPerHour(stopped), {
        note: perDay(stopped),
        tone: stopped > 0 ? 'warn' : null,
      });
      shown.today.show(today === null ? null : usd(today.usd), limitMessage(today?.usd ?? 0, limit));
      shown.month.show(month === null ? null : roughUsd(month.usd));
      shown.saved.show(month === null ? null : roughUsd(month.savedUsd), {
        note: today !== null && today.savedUsd > 0 ? SPEND.savedTodayOf(usd(today.savedUsd)) : SPEND.savedToday,
      });
    },
  };
}

/** @param {string} name @param {string} show */
function listed(name, show) {
  return {
    href: viewAddress('instances', { search: `?show=${show}&sort=-price` }),
    data: { figure: name, state: 'loading' },
  };
}

/** @param {number} perHour USD */
function perDay(perHour) {
  return perHour === 0 ? '' : SPEND.perDay(roughUsd(perHour * HOURS_PER_DAY));
}
