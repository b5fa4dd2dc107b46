import { onTick } from '../app/ticker.js';
import { h, setText } from '../dom/h.js';
import { popup } from '../dom/popup.js';
import { refill, setAttribute, setState } from '../dom/update.js';
import { freshness, liveness } from '../format/freshness.js';
import { healthParts, novitaState, overallHealth, redisState } from '../format/health-words.js';
import { clockTime } from '../format/time.js';
import { watchAll } from '../state/watch-all.js';
import { knownOf } from './known.js';

/**
 * How the service is, what its records are kept in, whether Novita answers, and how old what the page shows is.
 *
 * @param {import('../app/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function serviceStateView({ fleet }) {
  const words = h('span', {});
  const parts = h('ul', { class: 'health-parts' });
  const about = h('ul', { class: 'health-about' });
  const health = popup({
    label: [h('span', { class: 'visually-hidden' }, 'Health: '), words],
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
    // What an API said that is silent by now tells nothing of what it depends on.
    const report = isReachable ? fleet.health.get() : null;
    const overall = overallHealth(report, isReachable);
    setText(words, overall.words);
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
    const picture = freshness(known, nowMs);
    setState(age, { ...picture, hint: picture.at === null ? picture.hint : clockTime(picture.at) });
    setAttribute(age, 'datetime', picture.at);
    setState(live, liveness(known, nowMs));
  };
  // What pointing at a badge tells must also be there for whoever cannot point.
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
    parts.map(({ name, words, tone, detail }) =>
      h(
        'li',
        {},
        h('span', { class: 'badge', data: { tone } }, words),
        h('span', {}, name, detail !== '' && h('span', { class: 'quiet' }, `: ${detail}`)),
      ),
    ),
  );
}
