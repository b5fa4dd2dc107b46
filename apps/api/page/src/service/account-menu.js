import { addressOf } from '../net/address.js';
import { openNoticeListOf } from '../notices/follow-notices.js';
import { NOTICES } from '../notices/words.js';
import { openKeysOf } from '../palette/follow-keys.js';
import { KEYS } from '../palette/words.js';
import { forgetKey } from '../session/session.js';
import { h } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { popup } from '../ui/popup.js';
import { chooseTheme, chosenTheme } from './theme.js';
import { ACCOUNT } from './words.js';

const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/**
 * Says who has signed in, sets the theme, and leads elsewhere.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function accountMenuView(context) {
  const { session, actions } = context;
  const { name, role, version } = session.me;
  /** @type {import('../ui/popup.js').Popup} */
  const menu = popup({
    label: [
      h('span', { class: 'visually-hidden' }, ACCOUNT.menuOf),
      h('span', { class: 'account-name' }, name),
      icon('person'),
    ],
    buttonClass: 'mark account',
    name: ACCOUNT.title,
    side: 'end',
    content: () => [
      h('p', { class: 'account-who' }, ACCOUNT.signedInAs, h('strong', {}, name), `, ${ACCOUNT.rights[role]}`),
      themeChoice(),
      h(
        'ul',
        { class: 'account-links' },
        h(
          'li',
          {},
          h('a', { href: addressOf('/docs'), target: '_blank', rel: 'noopener noreferrer' }, ACCOUNT.documentation),
        ),
        h('li', {}, link({ text: KEYS.menu, run: () => openKeysOf(context) })),
        h('li', {}, link({ text: NOTICES.menu, run: () => openNoticeListOf(context) })),
        [actions.ofFleet('showMetrics'), actions.ofFleet('showQueues')].map(
          (action) => action !== null && h('li', {}, link(action)),
        ),
      ),
      h('div', { class: 'row between' }, h('span', { class: 'quiet' }, ACCOUNT.version(version)), signOutButton()),
    ],
  });
  return menu.element;

  /** @param {import('../fleet/context.js').FleetAction} action */
  function link({ text, run }) {
    const click = () => {
      menu.close();
      menu.button.focus();
      void run();
    };
    return h('button', { class: 'link', type: 'button', on: { click } }, text);
  }
}

function themeChoice() {
  const chosen = chosenTheme();
  return h(
    'fieldset',
    { class: 'theme-choice' },
    h('legend', {}, ACCOUNT.theme),
    THEMES.map((theme) =>
      h(
        'label',
        { class: 'check' },
        h('input', {
          type: 'radio',
          name: 'theme',
          value: theme,
          checked: theme === chosen,
          on: { change: () => chooseTheme(theme) },
        }),
        ACCOUNT.themes[theme],
      ),
    ),
  );
}

function signOutButton() {
  return h('button', { class: 'button small', type: 'button', on: { click: signOut } }, ACCOUNT.signOut);
}

function signOut() {
  forgetKey();
  location.reload();
}
