/**
 * Addresses of this service.
 */

/**
 * Where the page begins, such as `/` or, below a proxy, `/fleet/`. Taken once: the address changes with each view, and a
 * document without a `<base>` would move all relative addresses along.
 */
export const ROOT = globalThis.document === undefined ? '/' : new URL('.', document.baseURI).pathname;

/**
 * The address of a route of this service, which a proxy may show below a path of its own.
 *
 * @param {string} path such as `/docs`
 */
export function addressOf(path) {
  return `${ROOT}${path.slice(1)}`;
}

/**
 * A path with those query parameters that are given.
 *
 * @param {string} path
 * @param {Readonly<Record<string, string | number | boolean | null | undefined>>} query
 */
export function withQuery(path, query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
