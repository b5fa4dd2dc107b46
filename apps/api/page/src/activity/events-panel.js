import { isStoreAway, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { fill, h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { emptyState, searchField, skeleton } from '../ui/parts.js';
import { onTick } from '../ui/ticker.js';
import { UI } from '../ui/words.js';
import { ActivityFeed } from './activity-feed.js';
import { filterIn, isFiltered } from './activity-filter.js';
import { EVENT_KINDS } from './event-kinds.js';
import { eventList } from './event-list.js';
import { ACTIVITY } from './words.js';

/** @typedef {import('./activity-filter.js').ActivityFilter} ActivityFilter */

const TYPING_MS = 300;
const MINUTE_MS = 60_000;

/**
 * What happens in the fleet: filters, the list, and the way to older events.
 *
 * @param {HTMLElement} host
 * @param {import('../routing/router.js').ViewContext} view
 * @param {(filter: ActivityFilter, options?: {readonly replace?: boolean}) => void} keep puts a filter into the address
 */
export function eventsPanel(host, view, keep) {
  const { fleet, place, signal, toasts } = view;
  const feed = new ActivityFeed(fleet, filterIn(place.query()), signal);
  /** @param {ActivityFilter} filter @param {{readonly replace?: boolean}} [options] */
  const choose = (filter, options) => {
    keep(filter, options);
    filters.show(filter);
    void feed.follow(filter);
  };
  const filters = filtersView(view.signal, choose);
  const list = eventList();
  const bars = skeleton(8);
  const empty = h('div', {});
  const text = h('p', {});
  const again = h('button', { class: 'button small', type: 'button' }, UI.tryAgain);
  again.addEventListener('click', () => void whileBusy(again, () => feed.read()));
  const banner = h('div', { class: 'banner row between', data: { tone: 'bad' }, role: 'alert' }, text, again);
  const older = h('button', { class: 'button', type: 'button' }, ACTIVITY.older);
  const end = h('p', { class: 'quiet' }, ACTIVITY.end);
  older.addEventListener('click', () => {
    void whileBusy(older, () => feed.readOlder()).catch((error) => toasts.failure(error));
  });

  let shown = '';
  const draw = () => {
    const { log, problem } = feed.state.get();
    const nowMs = Date.now();
    const isEmpty = log !== null && log.events.length === 0;
    setHidden(bars, log !== null || problem !== null);
    setHidden(banner, problem === null);
    if (problem !== null)
      setText(text, isStoreAway(problem) ? ACTIVITY.storeAway : `${ACTIVITY.failed} ${problemText(problem)}`);
    setHidden(list.element, log === null || isEmpty);
    setHidden(older, log === null || log.nextCursor === null);
    setHidden(end, log === null || log.nextCursor !== null || isEmpty);
    setHidden(empty, !isEmpty);
    if (log !== null) list.draw(log, nowMs);
    const why = isEmpty ? `${isFiltered(feed.filter)} ${log.nextCursor !== null}` : '';
    if (why !== shown && isEmpty) fill(empty, emptyParts(feed.filter, log.nextCursor !== null));
    shown = why;
  };
  feed.state.watch(draw, signal);
  // Today becomes yesterday without any event.
  let drawnAtMs = Date.now();
  onTick((nowMs) => {
    if (nowMs < drawnAtMs + MINUTE_MS) return;
    drawnAtMs = nowMs;
    draw();
  }, signal);

  filters.show(feed.filter);
  host.append(
    h('div', { class: 'stack' }, filters.element, banner, bars, empty, list.element),
    h('div', { class: 'activity-foot' }, older, end),
  );
  return {
    shown: feed.read(),
    /** The address names another filter now. */
    update() {
      const filter = filterIn(place.query());
      if (JSON.stringify(filter) === JSON.stringify(feed.filter)) return;
      filters.show(filter);
      void feed.follow(filter);
    },
    filter: () => feed.filter,
  };
}

/**
 * @param {ActivityFilter} filter
 * @param {boolean} hasOlder
 */
function emptyParts(filter, hasOlder) {
  if (!isFiltered(filter)) return emptyState(ACTIVITY.none, ACTIVITY.noneHint);
  return hasOlder ? emptyState(ACTIVITY.noMatchYet) : emptyState(ACTIVITY.noMatch, ACTIVITY.noMatchHint);
}

/**
 * @param {AbortSignal} signal
 * @param {(filter: ActivityFilter, options?: {readonly replace?: boolean}) => void} choose
 */
function filtersView(signal, choose) {
  /** @type {ActivityFilter} */
  let filter = { kinds: [], search: '' };
  const search = searchField({
    label: ACTIVITY.search,
    placeholder: ACTIVITY.searchHint,
    id: 'activity-search',
  });
  const { input } = search;
  input.maxLength = 200;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ask = () => {
    clearTimeout(timer);
    timer = undefined;
    const typed = input.value.trim();
    if (typed !== filter.search) choose({ ...filter, search: typed }, { replace: true });
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  });
  input.addEventListener('keydown', ({ key }) => key === 'Enter' && ask());
  signal.addEventListener('abort', () => clearTimeout(timer));

  const buttons = EVENT_KINDS.map((kind) => {
    const button = h('button', { class: 'button activity-kind', type: 'button', data: { kind } }, ACTIVITY.kinds[kind]);
    button.addEventListener('click', () => {
      const kinds = EVENT_KINDS.filter((each) => (each === kind) !== filter.kinds.includes(each));
      choose({ ...filter, kinds });
    });
    return { kind, button };
  });
  const clear = h('button', { class: 'button plain', type: 'button' }, ACTIVITY.clear);
  clear.addEventListener('click', () => {
    input.focus();
    choose({ kinds: [], search: '' });
  });
  return {
    element: h(
      'div',
      { class: 'activity-filters', role: 'search', 'aria-label': ACTIVITY.filters },
      search.element,
      h(
        'div',
        { class: 'activity-kinds' },
        buttons.map(({ button }) => button),
        clear,
      ),
    ),
    /** @param {ActivityFilter} next */
    show(next) {
      filter = next;
      clearTimeout(timer);
      timer = undefined;
      if (input.value.trim() !== next.search) input.value = next.search;
      for (const { kind, button } of buttons) {
        setAttribute(button, 'aria-pressed', String(next.kinds.includes(kind)));
      }
      setHidden(clear, !isFiltered(next));
    },
  };
}
