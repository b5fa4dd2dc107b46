import { addressOf, HttpClient } from '../net/http-client.js';
import { ProblemError, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { fill, h } from '../ui/dom.js';
import { keepKey, Session } from './session.js';

/**
 * Asks for a key until one opens the API.
 *
 * @param {HTMLElement} host
 * @param {{readonly message?: string}} [options] why it is asked for again
 * @returns {Promise<Session>}
 */
export function askForKey(host, { message = '' } = {}) {
  /** @type {PromiseWithResolvers<Session>} */
  const { promise, resolve } = Promise.withResolvers();
  const violation = h('p', { id: 'key-error', class: 'field-error', role: 'alert' }, message);
  const input = h('input', {
    id: 'key',
    class: 'input mono',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'key-hint key-error',
  });
  const button = h('button', { class: 'button primary', type: 'submit' }, 'Sign in');

  /** @param {string} text */
  const showError = (text) => {
    violation.textContent = text;
    input.setAttribute('aria-invalid', String(text !== ''));
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (key === '') {
      showError('Enter a key.');
      input.focus();
      return;
    }
    void whileBusy(button, async () => {
      try {
        resolve(await signIn(key));
      } catch (error) {
        showError(signInText(error));
        input.select();
        input.focus();
      }
    });
  };

  fill(
    host,
    h(
      'main',
      { class: 'sign-in' },
      h('h1', {}, 'novita-fleet'),
      h(
        'form',
        { class: 'card stack', on: { submit }, novalidate: true },
        h(
          'div',
          { class: 'field' },
          h('label', { for: 'key' }, 'API key'),
          input,
          h(
            'p',
            { id: 'key-hint', class: 'field-hint' },
            'One of the keys of this service. It is kept for this tab only.',
          ),
          violation,
        ),
        h('div', { class: 'row' }, button),
      ),
      h(
        'p',
        { class: 'quiet' },
        'For programs there is the ',
        h('a', { href: addressOf('/docs') }, 'API documentation'),
        '.',
      ),
    ),
  );
  input.focus();
  return promise;
}

/**
 * @param {string} key
 * @returns {Promise<Session>}
 * @throws {import('../net/problem.js').ProblemError}
 */
export async function signIn(key) {
  // A browser sends no header that holds anything else, and says of that only that the call failed.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ProblemError({
      code: 'no-key',
      status: 401,
      title: 'A key holds no blanks, and no characters beyond ASCII',
    });
  }
  const { body } = await new HttpClient(key).get('/api/v1/me');
  keepKey(key);
  return new Session(key, body);
}

/** @param {unknown} error */
export function signInText(error) {
  const isUnknown = error instanceof ProblemError && error.status === 401;
  return isUnknown ? 'This key is not known here. Check that it was copied whole.' : problemText(error);
}
