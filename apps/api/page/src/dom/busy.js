/**
 * Shows on a button that its command is on its way, and keeps it from being given twice.
 *
 * @template Value
 * @param {HTMLButtonElement} button
 * @param {() => Promise<Value>} work
 * @returns {Promise<Value | undefined>} undefined when it is on its way already
 */
export async function whileBusy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return undefined;
  button.setAttribute('aria-busy', 'true');
  button.setAttribute('aria-disabled', 'true');
  try {
    return await work();
  } finally {
    button.removeAttribute('aria-busy');
    button.removeAttribute('aria-disabled');
  }
}
