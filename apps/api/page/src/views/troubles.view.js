import { h, setText } from '../dom/h.js';
import { setAttribute } from '../dom/update.js';
import { troubles } from '../format/freshness.js';
import { watchAll } from '../state/watch-all.js';
import { knownOf } from './known.js';

/** Said when a trouble is over, to whoever was told of it and does not see that its banner went. */
const RELIEFS = /** @type {const} */ ([
  ['feed', 'The service follows its changes again.'],
  ['unreachable', 'The API answers again.'],
]);

/**
 * What the reader must know before trusting the page, each in a banner with what to do about it.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {(text: string) => void} announce
 * @returns {HTMLElement}
 */
export function troublesView({ fleet, session, actions }, announce) {
  const host = h('div', { class: 'troubles' });
  /** @type {Map<string, {element: HTMLElement, text: HTMLElement}>} */
  const shown = new Map();

  /**
   * @param {import('../format/freshness.js').Trouble} trouble
   * @param {number} place
   */
  const show = ({ key, remedy }, place) => {
    const text = h('p', {});
    const mayHelp = remedy === 'sync' && session.mayCommand;
    const element = h(
      'div',
      { class: 'banner trouble' },
      text,
      mayHelp &&
        h('button', { class: 'button small', type: 'button', on: { click: () => actions.syncNow() } }, 'Sync now…'),
    );
    host.insertBefore(element, host.children[place] ?? null);
    const banner = { element, text };
    shown.set(key, banner);
    return banner;
  };

  const told = [fleet.data, fleet.health, fleet.stream, fleet.feedDegradedSince, fleet.table.state, fleet.sync];
  watchAll(told, () => {
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
      setText(text, trouble.words);
      if (isNew) announce(trouble.words);
    }
    for (const [key, words] of RELIEFS) {
      if (before.has(key) && !shown.has(key)) announce(words);
    }
  });
  return host;
}
