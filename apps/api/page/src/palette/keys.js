/**
 * What each key means. The effects are in `follow-keys.js`.
 *
 * @typedef {import('../routing/views.js').ViewName} ViewName
 *
 * @typedef {{readonly kind: 'palette' | 'search' | 'help' | 'create' | 'next' | 'previous' | 'select'}
 *   | {readonly kind: 'go', readonly view: ViewName}} KeyCommand
 *
 * @typedef {object} Press
 * @property {string} key
 * @property {boolean} hasCommandKey Ctrl or Cmd
 * @property {boolean} hasOther Alt
 * @property {boolean} isTyping the focus is where text is entered
 * @property {boolean} isElsewhere a dialog or a menu is open, and has the keys
 */

/** After `g`, for this long the next key names a view. */
export const PREFIX_MS = 1_500;

/** After `g`, for the views that are always there. @type {Readonly<Record<string, Exclude<ViewName, 'instance' | 'cluster'>>>} */
export const VIEW_KEYS = {
  i: 'instances',
  o: 'overview',
  a: 'activity',
  s: 'spend',
  y: 'sync',
  r: 'orphans',
};

/** @type {Readonly<Record<string, Exclude<KeyCommand['kind'], 'go' | 'palette'>>>} */
export const SINGLE_KEYS = { '/': 'search', '?': 'help', c: 'create', j: 'next', k: 'previous', x: 'select' };

/**
 * @param {Press} press
 * @param {{readonly isAfterPrefix: boolean, readonly areSingleOn: boolean}} state
 * @returns {KeyCommand | 'prefix' | null} null where the key is not ours
 */
export function commandOf({ key, hasCommandKey, hasOther, isTyping, isElsewhere }, { isAfterPrefix, areSingleOn }) {
  if (hasCommandKey) return key.toLowerCase() === 'k' && !hasOther && !isElsewhere ? { kind: 'palette' } : null;
  if (hasOther || isTyping || isElsewhere || !areSingleOn) return null;
  if (isAfterPrefix) {
    const view = VIEW_KEYS[key];
    if (view !== undefined) return { kind: 'go', view };
  }
  if (key === 'g') return 'prefix';
  const kind = SINGLE_KEYS[key];
  return kind === undefined ? null : { kind };
}

/** Whether commands are given with Cmd, not Ctrl. */
export function isMac() {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}

const STORED = 'novita-fleet.single-keys';

/** Whether keys without Ctrl or Cmd do anything, in this browser. */
export function areSingleKeysOn() {
  try {
    return localStorage.getItem(STORED) !== 'off';
  } catch {
    return true;
  }
}

/** @param {boolean} isOn */
export function setSingleKeys(isOn) {
  try {
    if (isOn) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, 'off');
  } catch {
    // A browser that keeps nothing has them on again with the next page.
  }
}
