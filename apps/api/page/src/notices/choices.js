import { readChoices, withChoice } from './notice-rules.js';

/** The choices of this browser: off until somebody chose, shared by all tabs. */

const STORED = 'novita-fleet.notices';

/** @returns {import('./notice-rules.js').Choices} as the last tab left them */
export function presentChoices() {
  try {
    return readChoices(localStorage.getItem(STORED));
  } catch {
    return {};
  }
}

/**
 * @param {string} id of an instance
 * @param {import('./notice-rules.js').Chosen} chosen
 * @throws {DOMException} when the browser keeps nothing
 */
export function keepChoice(id, chosen) {
  localStorage.setItem(STORED, JSON.stringify(withChoice(presentChoices(), id, chosen)));
}

/** Whether this browser would show a notice of this page. @returns {'granted' | 'denied' | 'default' | 'missing'} */
export function permission() {
  return 'Notification' in globalThis ? Notification.permission : 'missing';
}

/** Asks whoever sits there, unless that was done before. */
export async function askPermission() {
  if (permission() !== 'default') return permission();
  return Notification.requestPermission();
}
