import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { SUMMARY_PATH } from '../instances/fleet-summary.js';
import { NewestRead } from '../net/http-client.js';
import { isStoreAway, problemText } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { actionButton } from '../ui/buttons.js';
import { h, refill, setHidden, setText } from '../ui/dom.js';
import { clockTime, roughUsd, timeOfDay, usd } from '../ui/format.js';
import { emptyState, figure, viewHead } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { UI } from '../ui/words.js';
import { billSection } from './bill-section.js';
import { daysSection } from './days-section.js';
import { idleSection, stoppedSection } from './instance-sections.js';
import { nowOf } from './known-now.js';
import { dearestTable, ownerLimitTable, partsTables } from './parts.js';
import { limitMessage, roughPerHour, unpricedMessage } from './spend-messages.js';
import { SPEND } from './words.js';

/** What the fleet costs: what of it could be saved first, then what it goes for. */

/**
 * @typedef {import('../net/api-types.js').SpendView} Spend
 * @typedef {import('./known-now.js').SpendNow} SpendNow
 */

export const title = SPEND.title;

const HOURS_PER_DAY = 24;
const DEAREST = 10;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { http, fleet, actions, signal } = view;
  /** @type {LiveRead<Spend>} */
  const read = new LiveRead(fleet, `/api/v1/spend?limit=${DEAREST}`, signal, (type) => isAboutMoney(type));
  const figures = figuresView();
  const idle = idleSection(view);
  const stopped = stoppedSection(view);
  const days = daysSection(view);
  const bill = billSection(view);
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
  const known = h('div', { class: 'money stack' }, idle.element, stopped.element, goesFor, days.element, bill.element);
  const draw = (/** @type {Spend} */ spend) => {
    const { now, today, month, limit, ownerLimit } = spend;
    const isKnown = spend.unknown === undefined && now !== null;
    setHidden(figures.element, !isKnown);
    setHidden(known, !isKnown);
    refill(unknown, spend.unknown ?? null, () =>
      isKnown ? null : emptyState(UI.notKnownYet, spend.unknown?.message ?? ''),
    );
    setHidden(goesFor, now === null);
    setText(asOf, '');
    if (now === null) return;
    drawNow(now, spend.asOf);
    figures.showSpent(today, month, limit);
    refill(dearest, [today, month, ownerLimit], () => [
      today !== null && today.usd > 0 && dearestTable('today', today),
      month !== null && month.usd > 0 && dearestTable('month', month),
      ownerLimit?.owners !== undefined && ownerLimitTable(ownerLimit),
    ]);
  };
  /** @param {SpendNow} now @param {string} at */
  const drawNow = (now, at) => {
    setText(asOf, SPEND.asOf(timeOfDay(Date.parse(at), Date.now())));
    asOf.title = clockTime(at);
    figures.showNow(now);
    idle.showSum(now.idle);
    stopped.showSum({ usdPerHour: now.billedThoughStoppedUsdPerHour, instances: null });
    refill(parts, now, () => partsTables(now));
  };
  const answers = new NewestRead();
  /** What was spent cannot be read: what the instances cost now may be known all the same. */
  const readNow = async () => {
    const isNewest = answers.begin();
    try {
      const { body } = await http.get(SUMMARY_PATH, { signal });
      /** @type {import('../instances/fleet-summary.js').FleetSummary} */
      const { figures: summed, asOf: at } = body;
      if (!isNewest() || summed === null || read.state.get().problem === null) return;
      for (const element of [figures.element, known, goesFor]) setHidden(element, false);
      drawNow(nowOf(summed), at);
      const spent = read.state.get().value;
      figures.showSpent(spent?.today ?? null, spent?.month ?? null, spent?.limit, spent?.asOf);
    } catch {
      // It is said above that the spend could not be read, and why.
    }
  };
  read.state.watch(({ problem, isLoading }) => {
    if (isStoreAway(problem) && !isLoading) void readNow();
  }, signal);
  watchAll(
    [read.state, days.state, bill.state],
    () => {
      // What failed for the same reason is said once.
      const { problem } = read.state.get();
      for (const { element, state } of [days, bill]) {
        const { value, problem: alike } = state.get();
        setHidden(element, value === null && problem !== null && alike !== null);
      }
    },
    signal,
  );
  host.append(
    viewHead(title, asOf, stopAll && actionButton(stopAll)),
    readView(read, {
      content: unknown,
      draw,
      failed: (problem) => (isStoreAway(problem) ? SPEND.storeAway : `${SPEND.failed} ${problemText(problem)}`),
      rows: 1,
    }),
    figures.element,
    known,
  );
  const shown = Promise.all([read.read(), idle.shown, stopped.shown, days.shown, bill.shown]);
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
      { class: 'figures money-figures', role: 'group', 'aria-label': SPEND.figuresLabel, hidden: true },
      Object.values(shown).map(({ element }) => element),
    ),
    /** @param {SpendNow} now */
    showNow(now) {
      const { costUsdPerHour, unpriced, idle, billedThoughStoppedUsdPerHour: stopped } = now;
      shown.now.show(roughPerHour(costUsdPerHour), {
        note: unpricedMessage(unpriced) || perDay(costUsdPerHour),
      });
      shown.idle.show(roughPerHour(idle.usdPerHour), {
        note: unpricedMessage(idle.unpriced) || perDay(idle.usdPerHour),
      });
      shown.stopped.show(roughPerHour(stopped), {
        note: perDay(stopped),
        tone: stopped > 0 ? 'warn' : null,
      });
    },
    /**
     * @param {Spend['today']} today null when it is not known, like the next
     * @param {Spend['month']} month
     * @param {Spend['limit']} limit
     * @param {string} [at] as of when they are, where that is earlier than all else
     */
    showSpent(today, month, limit, at) {
      const note = at === undefined ? '' : SPEND.asOf(timeOfDay(Date.parse(at), Date.now()));
      const spent = today === null ? null : limitMessage(today.usd, limit);
      shown.today.show(today === null ? null : usd(today.usd), note === '' ? (spent ?? {}) : { note });
      shown.month.show(month === null ? null : roughUsd(month.usd), { note });
      if (note !== '' || month === null) {
        shown.saved.show(month === null ? null : roughUsd(month.savedUsd), { note });
        return;
      }
      shown.saved.show(roughUsd(month.savedUsd), {
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
