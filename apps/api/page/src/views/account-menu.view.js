import { chooseTheme, chosenTheme } from '../app/theme.js';
import { h } from '../dom/h.js';
import { popup } from '../dom/popup.js';
import { addressOf } from '../http/http-client.js';
import { forgetKey } from '../session/session.js';

/** @type {readonly {readonly theme: import('../app/theme.js').Theme, readonly words: string}[]} */
const THEMES = [
  { theme: 'auto', words: 'As the system' },
  { theme: 'light', words: 'Light' },
  { theme: 'dark', words: 'Dark' },
];

/**
 * Who has signed in, how the page looks, and where else to go.
 *
 * @param {import('../app/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function accountMenuView({ session, actions }) {
  const { name, role, version } = session.me;
  const seesQueues = session.isAdmin && session.me.queues;
  /** @type {import('../dom/popup.js').Popup} */
  const menu = popup({
    label: [
      h('span', { class: 'visually-hidden' }, 'Menu of '),
      h('span', { class: 'account-name' }, name),
      h('span', { class: 'account-sign', 'aria-hidden': 'true' }),
    ],
    buttonClass: 'button account',
    name: 'Account and links',
    side: 'end',
    content: [
      h('p', { class: 'account-who' }, 'Signed in as ', h('strong', {}, name), `, ${role}`),
      themeChoice(),
      h(
        'ul',
        { class: 'account-links' },
        h(
          'li',
          {},
          h('a', { href: addressOf('/docs'), target: '_blank', rel: 'noopener noreferrer' }, 'API documentation'),
        ),
        h(
          'li',
          {},
          link('Metrics', () => void actions.showMetrics()),
        ),
        seesQueues &&
          h(
            'li',
            {},
            link('Queues', () => void actions.showQueues()),
          ),
      ),
      h('div', { class: 'row between' }, h('span', { class: 'quiet' }, `Version ${version}`), signOutButton()),
    ],
  });
  return menu.element;

  /**
   * @param {string} words
   * @param {() => void} open
   */
  function link(words, open) {
    const click = () => {
      menu.close();
      menu.button.focus();
      open();
    };
    return h('button', { class: 'link', type: 'button', on: { click } }, words);
  }
}

function themeChoice() {
  const chosen = chosenTheme();
  return h(
    'fieldset',
    { class: 'theme-choice' },
    h('legend', {}, 'Theme'),
    THEMES.map(({ theme, words }) =>
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
        words,
      ),
    ),
  );
}

function signOutButton() {
  return h('button', { class: 'button small', type: 'button', on: { click: signOut } }, 'Sign out');
}

function signOut() {
  forgetKey();
  location.reload();
}
