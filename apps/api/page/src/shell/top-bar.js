import { openPaletteOf } from '../palette/follow-keys.js';
import { isMac } from '../palette/keys.js';
import { PALETTE } from '../palette/words.js';
import { viewAddress } from '../routing/links.js';
import { accountMenuView } from '../service/account-menu.js';
import { freshnessMark, hintsOf } from '../service/freshness.js';
import { healthMark, healthParts, novitaState, redisState } from '../service/health-messages.js';
import { knownOf, watchKnown } from '../service/known.js';
import { whileBusy } from '../ui/buttons.js';
import { h, refill, setAttribute, setText } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { popup } from '../ui/popup.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { syncLineView } from './sync-line.js';
import { SHELL } from './words.js';

/**
 * The bar above every view: whose fleet it is, how the service is, how fresh the data is, and the menu of the key.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {(text: string) => void} announce
 */
export function topBarView(context, announce) {
  return h(
    'header',
    { class: 'top-bar' },
    h('a', { class: 'top-name', href: viewAddress('instances') }, SHELL.product),
    sandboxBadge(context),
    h(
      'div',
      { class: 'top-marks' },
      paletteButton(context),
      freshnessView(context, announce),
      healthView(context),
      accountMenuView(context),
    ),
    syncLineView(context, announce),
  );
}

/** @param {import('../fleet/context.js').AppContext} context */
function paletteButton(context) {
  const click = () => void openPaletteOf(context);
  return h(
    'button',
    { class: 'mark palette-open', type: 'button', title: PALETTE.open, on: { click } },
    icon('search'),
    h('span', { class: 'visually-hidden' }, PALETTE.open),
    h('kbd', { 'aria-hidden': 'true' }, PALETTE.shortcut(isMac())),
  );
}

/**
 * Says that nothing is real, once the service has said so: everything else on the page reads like the real thing. The
 * sign-in also says it, while there is no dashboard yet.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
function sandboxBadge({ fleet, session }) {
  const badge = h(
    'strong',
    {
      class: 'badge sandbox-badge',
      hidden: session.me.sandbox !== true,
      data: { tone: 'warn', part: 'sandbox' },
      title: SHELL.sandboxHint,
    },
    SHELL.sandbox,
    h('span', { class: 'sandbox-rest' }, SHELL.sandboxRest),
  );
  fleet.dashboard.watch((dashboard) => {
    // The service stays the same while a dashboard is not known.
    if (dashboard !== null) badge.hidden = dashboard.sandbox !== true;
  });
  return badge;
}

/**
 * One mark for how the service is. It opens each part, those in trouble first.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
function healthView({ fleet }) {
  const text = h('span', { class: 'mark-text' });
  const parts = h('ul', { class: 'health-parts' });
  const health = popup({
    label: [h('span', { class: 'visually-hidden' }, SHELL.healthOf), text],
    buttonClass: 'mark health',
    name: SHELL.healthDetails,
    side: 'end',
    content: [h('h2', { class: 'popup-title' }, SHELL.healthDetails), parts],
  });
  watchAll([fleet.data, fleet.health, fleet.sync], () => {
    const { isReachable, source } = fleet.data.get();
    // The last report of an API that is silent by now says nothing of what it depends on.
    const report = isReachable ? fleet.health.get() : null;
    const sync = fleet.sync.get();
    const mark = healthMark(report, isReachable, source, sync);
    setText(text, mark.text);
    setAttribute(health.button, 'data-tone', mark.tone);
    setAttribute(health.button, 'title', mark.hint);
    const first = isReachable ? [redisState(report, source), novitaState(report, sync)] : [mark];
    const rest = healthParts(report).filter(({ key }) => key !== 'redis' && key !== 'novita');
    refill(parts, [first, rest], () => [
      first.map(({ text: state, tone, hint }) => healthLine(state, tone, [hint])),
      rest.map(({ name, text: state, tone, detail }) =>
        healthLine(state, tone, [name, detail !== '' && h('span', { class: 'quiet' }, `: ${detail}`)]),
      ),
    ]);
  });
  return health.element;
}

/**
 * @param {string} state
 * @param {string} tone
 * @param {import('../ui/dom.js').Child} about
 */
function healthLine(state, tone, about) {
  const badge = h('span', { class: 'badge', data: { tone } }, state);
  return h('li', { class: 'health-part' }, badge, h('span', {}, about));
}

/**
 * One mark for how fresh what is shown is. It opens the reasons, and reads everything anew.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {(text: string) => void} announce
 */
function freshnessView({ fleet }, announce) {
  const text = h('time', { class: 'mark-text numeric' });
  const hints = h('ul', { class: 'popup-lines' });
  const again = h('button', { class: 'button small', type: 'button' }, SHELL.readAnew);
  again.addEventListener(
    'click',
    () =>
      void whileBusy(again, async () => {
        announce('');
        await fleet.refresh();
        const isRead = fleet.data.get().isReachable && fleet.table.state.get().problem === null;
        announce(isRead ? SHELL.wasRead : SHELL.wasNotRead);
      }),
  );
  const mark = popup({
    label: [h('span', { class: 'visually-hidden' }, SHELL.freshnessOf), text],
    buttonClass: 'mark freshness',
    name: SHELL.freshnessDetails,
    side: 'end',
    content: [h('h2', { class: 'popup-title' }, SHELL.freshnessDetails), hints, again],
  });
  const draw = () => {
    const nowMs = Date.now();
    const known = knownOf(fleet);
    const shown = freshnessMark(known, nowMs);
    setText(text, shown.text);
    setAttribute(text, 'datetime', shown.at);
    setAttribute(mark.button, 'data-tone', shown.tone);
    if (isOpen()) drawHints();
  };
  const isOpen = () => mark.button.getAttribute('aria-expanded') === 'true';
  // Not before somebody asks: times in full are slow to make.
  const drawHints = () => {
    const lines = hintsOf(knownOf(fleet), Date.now());
    refill(hints, lines, () => lines.map((line) => h('li', {}, line)));
  };
  mark.button.addEventListener('click', drawHints);
  mark.button.addEventListener('pointerenter', () => {
    const { at, hint } = freshnessMark(knownOf(fleet), Date.now());
    setAttribute(mark.button, 'title', at === null ? hint : clockTime(at));
  });
  watchKnown(fleet, draw);
  onTick(draw);
  return mark.element;
}
