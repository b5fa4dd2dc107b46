/**
 * The key is kept for this tab only and never in an address: one that came in the fragment of a link is taken out of the
 * address, and out of the tab's history, before anything else happens.
 */
const STORED = 'novita-fleet.key';
const REASON = 'novita-fleet.signed-out';

/** Whose a key is, and what it may do. */
export const ME_PATH = '/api/v1/me';

/** @returns {string | null} */
export function readKey() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const given = parameters.get('key');
  if (given !== null) {
    history.replaceState(null, '', location.pathname + location.search);
    if (given !== '') sessionStorage.setItem(STORED, given);
  }
  return sessionStorage.getItem(STORED);
}

/** A link with a key that is followed in the tab of the page changes the fragment only, and loads nothing. */
export function followKeyLinks() {
  addEventListener('hashchange', () => {
    if (!new URLSearchParams(location.hash.slice(1)).has('key')) return;
    readKey();
    location.reload();
  });
}

/** @param {string} key */
export function keepKey(key) {
  sessionStorage.setItem(STORED, key);
}

/** @param {string} [reason] shown where a key is asked for next */
export function forgetKey(reason = '') {
  sessionStorage.removeItem(STORED);
  sessionStorage.setItem(REASON, reason);
}

/** Why the key was forgotten, which is said once; empty after a sign-out. */
export function readReason() {
  const reason = sessionStorage.getItem(REASON) ?? '';
  sessionStorage.removeItem(REASON);
  return reason;
}

/**
 * @typedef {import('../net/api-types.js').MeView['role']} Role
 * @type {Readonly<Record<Role, number>>}
 */
const RANK = { viewer: 1, operator: 2, admin: 3 };

/** The key that signed in, and what it may do. The API decides on its own; this only spares useless buttons. */
export class Session {
  /**
   * @param {string} key
   * @param {import('../net/api-types.js').MeView} me
   */
  constructor(key, me) {
    this.key = key;
    this.me = me;
  }

  /** @param {Role} role the least that is needed */
  may(role) {
    return RANK[this.me.role] >= RANK[role];
  }

  get mayCommand() {
    return this.may('operator');
  }
}
