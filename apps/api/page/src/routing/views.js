/**
 * The addresses of the views, relative to where the page begins, which may be below a path of a proxy.
 */

/**
 * @typedef {'instances' | 'overview' | 'activity' | 'spend' | 'sync' | 'orphans' | 'cluster' | 'instance'} ViewName
 *
 * @typedef {object} Place what an address names
 * @property {ViewName | null} name null for an address without a view
 * @property {string} id of the instance; empty for views that are about none
 * @property {string} search with its question mark; empty without a query
 */

/** Below the beginning of the page; `{id}` stands for one part. @type {Readonly<Record<ViewName, string>>} */
const PATHS = {
  instances: '',
  overview: 'overview',
  activity: 'activity',
  spend: 'spend',
  sync: 'sync',
  orphans: 'orphans',
  cluster: 'cluster',
  instance: 'instances/{id}',
};

const NAMES = /** @type {readonly ViewName[]} */ (Object.keys(PATHS));
const ID_PART = '{id}';

/**
 * @param {string} root where the page begins, such as `/` or `/fleet/`
 * @param {string} pathname
 * @param {string} [search]
 * @returns {Place}
 */
export function placeOf(root, pathname, search = '') {
  const path = pathname.startsWith(root) ? pathname.slice(root.length).replace(/\/$/, '') : null;
  for (const name of NAMES) {
    const id = path === null ? null : idIn(PATHS[name], path);
    if (id !== null) return { name, id, search };
  }
  return { name: null, id: '', search };
}

/**
 * The address of a view.
 *
 * @param {string} root
 * @param {ViewName} name
 * @param {{readonly id?: string, readonly search?: string}} [part]
 */
export function pathOfView(root, name, { id = '', search = '' } = {}) {
  return `${root}${PATHS[name].replace(ID_PART, encodeURIComponent(id))}${search}`;
}

/**
 * @param {string} pattern
 * @param {string} path
 * @returns {string | null} null when the path is another one; empty when the pattern has no id
 */
function idIn(pattern, path) {
  if (!pattern.endsWith(ID_PART)) return path === pattern ? '' : null;
  const before = pattern.slice(0, -ID_PART.length);
  const part = path.startsWith(before) ? path.slice(before.length) : '';
  return part === '' || part.includes('/') ? null : decoded(part);
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
