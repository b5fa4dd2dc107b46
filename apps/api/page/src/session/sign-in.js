import { addressOf } from '../net/address.js';
import { HttpClient } from '../net/http-client.js';
import { ProblemError, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { fill, h } from '../ui/dom.js';
import { keepKey, ME_PATH, Session } from './session.js';
import { SIGN_IN } from './words.js';

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
  const button = h('button', { class: 'button primary', type: 'submit' }, SIGN_IN.submit);

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
      showError(SIGN_IN.empty);
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
      h('h1', {}, SIGN_IN.product),
      h('p', { class: 'sign-in-lead' }, SIGN_IN.lead),
      h(
        'form',
        { class: 'card stack', on: { submit }, novalidate: true },
        h(
          'div',
          { class: 'field' },
          h('label', { for: 'key' }, SIGN_IN.key),
          input,
          h('p', { id: 'key-hint', class: 'field-hint' }, SIGN_IN.hint),
          violation,
        ),
        h('div', { class: 'row' }, button),
      ),
      h(
        'details',
        { class: 'sign-in-where' },
        h('summary', {}, SIGN_IN.where),
        h(
          'ul',
          { class: 'bullets' },
          SIGN_IN.answers.map((answer) => h('li', {}, answer)),
        ),
      ),
      h('p', { class: 'quiet' }, SIGN_IN.programs, h('a', { href: addressOf('/docs') }, SIGN_IN.documentation), '.'),
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
      title: SIGN_IN.blanks,
    });
  }
  const { body } = await new HttpClient(key).get(ME_PATH);
  keepKey(key);
  return new Session(key, body);
}

/** @param {unknown} error */
export function signInText(error) {
  const isUnknown = error instanceof ProblemError && error.status === 401;
  return isUnknown ? SIGN_IN.unknown : problemText(error);
}
