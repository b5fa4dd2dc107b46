import { actionButton } from '../ui/buttons.js';
import { h, refill, setAttribute, setState, setText } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { popup } from '../ui/popup.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { freshness, liveness, troubles } from './freshness.js';
import { healthParts, novitaState, overallHealth, redisState } from './health-messages.js';

/**
 * How the service is, what its records are kept in, whether Novita answers, and how old what the page shows is.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function serviceStateView({ fleet }) {
  const text = h('span', {});
  const parts = h('ul', { class: 'health-parts' });
  const about = h('ul', { class: 'health-about' });
  const health = popup({
    label: [h('span', { class: 'visually-hidden' }, 'Health: '), text],
    buttonClass: 'button small health',
    name: 'How the service is',
    content: [parts, about],
  });
  const redis = h('span', { class: 'badge' });
  const novita = h('span', { class: 'badge' });
  const age = h('time', { class: 'badge numeric', data: { part: 'freshness' } });
  const live = h('span', { class: 'badge numeric', data: { part: 'live' } });

  const drawService = () => {
    const { isReachable, source } = fleet.data.get();
    // The last report of an API that is silent by now says nothing of what it depends on.
    const report = isReachable ? fleet.health.get() : null;
    const overall = overallHealth(report, isReachable);
    setText(text, overall.text);
    setAttribute(health.button, 'data-tone', overall.tone);
    setAttribute(health.button, 'title', overall.hint);
    setState(redis, redisState(report, isReachable ? source : null));
    setState(novita, novitaState(report, fleet.sync.get()));
    drawParts(parts, healthParts(report));
    drawHints();
  };
  const drawAge = () => {
    const nowMs = Date.now();
    const known = knownOf(fleet);
    const shown = freshness(known, nowMs);
    setState(age, { ...shown, hint: shown.at === null ? shown.hint : clockTime(shown.at) });
    setAttribute(age, 'datetime', shown.at);
    setState(live, liveness(known, nowMs));
  };
  // A hint of a badge must also reach a reader who cannot point.
  const drawHints = () => {
    const { isReachable, source } = fleet.data.get();
    const report = fleet.health.get();
    const known = knownOf(fleet);
    const nowMs = Date.now();
    const hints = [
      ...(isReachable
        ? [redisState(report, source).hint, novitaState(report, fleet.sync.get()).hint]
        : ['The API does not answer.']),
      freshness(known, nowMs).hint,
      liveness(known, nowMs).hint,
    ].filter((hint, index, all) => all.indexOf(hint) === index);
    refill(about, hints, () => hints.map((hint) => h('li', {}, hint)));
  };

  watchAll([fleet.data, fleet.health, fleet.sync], drawService);
  watchAll([fleet.data, fleet.health, fleet.stream, fleet.feedDegradedSince, fleet.table.state, fleet.sync], drawAge);
  onTick(drawAge);
  health.button.addEventListener('click', drawHints);
  return h('div', { class: 'service-state', role: 'group', 'aria-label': 'State of the service and its data' }, [
    health.element,
    redis,
    novita,
    age,
    live,
  ]);
}

/**
 * @param {HTMLUListElement} list
 * @param {ReturnType<typeof healthParts>} parts
 */
function drawParts(list, parts) {
  refill(list, parts, () =>
    parts.map(({ name, text, tone, detail }) =>
      h(
        'li',
        {},
        h('span', { class: 'badge', data: { tone } }, text),
        h('span', {}, name, detail !== '' && h('span', { class: 'quiet' }, `: ${detail}`)),
      ),
    ),
  );
}

/** Said when a trouble is over, for a reader who does not see that its banner went. */
const RELIEFS = /** @type {const} */ ([
  ['feed', 'The service follows its changes again.'],
  ['unreachable', 'The API answers again.'],
]);

/**
 * The troubles that a reader must know before trusting the page, each in a banner with its remedy.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {(text: string) => void} announce
 * @returns {HTMLElement}
 */
export function troublesView({ fleet, actions }, announce) {
  const syncNow = actions.ofFleet('syncNow');
  const host = h('div', { class: 'troubles' });
  /** @type {Map<string, {element: HTMLElement, text: HTMLElement}>} */
  const shown = new Map();

  /**
   * @param {import('./freshness.js').Trouble} trouble
   * @param {number} place
   */
  const show = ({ key, remedy }, place) => {
    const text = h('p', {});
    const element = h(
      'div',
      { class: 'banner trouble' },
      text,
      remedy === 'sync' &&
        syncNow !== null &&
        actionButton(syncNow, { class: 'button small', text: `${syncNow.text}…` }),
    );
    host.insertBefore(element, host.children[place] ?? null);
    const banner = { element, text };
    shown.set(key, banner);
    return banner;
  };

  const causes = [fleet.data, fleet.health, fleet.stream, fleet.feedDegradedSince, fleet.table.state, fleet.sync];
  watchAll(causes, () => {
    const found = troubles(knownOf(fleet), Date.now());
    const before = new Set(shown.keys());
    for (const [key, { element }] of shown) {
      if (found.some((trouble) => trouble.key === key)) continue;
      element.remove();
      shown.delete(key);
    }
    for (const [place, trouble] of found.entries()) {
      const isNew = !shown.has(trouble.key);
      const { element, text } = shown.get(trouble.key) ?? show(trouble, place);
      setAttribute(element, 'data-tone', trouble.tone);
      setText(text, trouble.text);
      if (isNew) announce(trouble.text);
    }
    for (const [key, text] of RELIEFS) {
      if (before.has(key) && !shown.has(key)) announce(text);
    }
  });
  return host;
}

/**
 * The facts from which the age of the shown list follows.
 *
 * @param {import('../fleet/fleet.js').Fleet} fleet
 * @returns {import('./freshness.js').Known}
 */
function knownOf(fleet) {
  const data = fleet.data.get();
  const details = fleet.health.get()?.details;
  return {
    data,
    // In memory mode there is no Redis whose health could be shown.
    isRedisAway: data.source === 'memory' && details?.['redis'] !== undefined,
    stream: fleet.stream.get(),
    feedDegradedSince: fleet.feedDegradedSince.get(),
    storeAway: storeAwayOf(details?.['store']),
    table: fleet.table.state.get(),
    sync: fleet.sync.get(),
  };
}

/**
 * @param {{readonly [detail: string]: unknown} | undefined} store
 * @returns {import('./freshness.js').Known['storeAway']}
 */
function storeAwayOf(store) {
  if (store?.['state'] !== 'degraded') return null;
  const { since, cause } = store;
  return typeof since === 'string' && typeof cause === 'string' ? { since, cause } : null;
}
