import { actionButton } from '../ui/buttons.js';
import { h, setAttribute, setText } from '../ui/dom.js';
import { troubles } from './freshness.js';
import { knownOf, watchKnown } from './known.js';
import { serviceTroubles } from './service-troubles.js';
import { TROUBLES } from './words.js';

/** Said when a trouble is over, for a reader who does not see that its banner went. */
const RELIEFS = /** @type {const} */ ([
  ['feed', TROUBLES.over.feed],
  ['unreachable', TROUBLES.over.unreachable],
  ['novita-key-refused', TROUBLES.over.keyRefused],
  ['novita-away', TROUBLES.over.away],
  ['novita-fails', TROUBLES.over.fails],
  ['no-worker', TROUBLES.over.noWorker],
]);

/**
 * The troubles that a reader must know before trusting the page, each in a banner with its remedy.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {(text: string) => void} announce
 * @returns {HTMLElement}
 */
export function troublesView({ fleet, actions, session }, announce) {
  const syncNow = actions.ofFleet('syncNow');
  const host = h('section', { class: 'troubles', 'aria-label': TROUBLES.label });
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

  watchKnown(fleet, () => {
    const found = [
      ...troubles(knownOf(fleet), Date.now()),
      ...serviceTroubles({
        isReachable: fleet.data.get().isReachable,
        health: fleet.health.get(),
        sync: fleet.sync.get(),
        mayCommand: session.mayCommand,
      }),
    ];
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
