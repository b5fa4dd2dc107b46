/**
 * The columns of the table: what each is sorted by, how wide it is, and which are chosen. A browser remembers the choice.
 */

/**
 * @typedef {'name' | 'status' | 'gpu' | 'region' | 'price' | 'cost' | 'idle' | 'uptime' | 'owner' | 'image' | 'billing'
 *   | 'origin' | 'created'} ColumnName
 * @typedef {import('../fleet/table-query.js').TableSort} TableSort
 *
 * @typedef {object} Column
 * @property {readonly [TableSort, TableSort]} sorts what the first and the second press of its head give
 * @property {number | null} width rem; null for the one that takes what is left
 * @property {boolean} isUsual shown while nobody chooses
 */

/** In this order they stand. @type {Readonly<Record<ColumnName, Column>>} */
export const COLUMNS = {
  name: { sorts: ['name', '-name'], width: null, isUsual: true },
  status: { sorts: ['status', '-status'], width: 9.5, isUsual: true },
  gpu: { sorts: ['product', '-product'], width: 8.75, isUsual: true },
  region: { sorts: ['region', '-region'], width: 5.5, isUsual: true },
  price: { sorts: ['-price', 'price'], width: 5.75, isUsual: true },
  cost: { sorts: ['-cost', 'cost'], width: 5.5, isUsual: true },
  idle: { sorts: ['-idle', 'idle'], width: 8.75, isUsual: true },
  uptime: { sorts: ['-uptime', 'uptime'], width: 6, isUsual: true },
  owner: { sorts: ['owner', '-owner'], width: 7, isUsual: false },
  image: { sorts: ['image', '-image'], width: 11, isUsual: false },
  billing: { sorts: ['billing', '-billing'], width: 6, isUsual: false },
  origin: { sorts: ['origin', '-origin'], width: 7.5, isUsual: false },
  created: { sorts: ['-createdAt', 'createdAt'], width: 6, isUsual: false },
};

const NAMES = /** @type {readonly ColumnName[]} */ (Object.keys(COLUMNS));
const STORED = 'novita-fleet.columns';

/** The name is always there: it leads to the instance. */
const ALWAYS = 'name';

export const USUAL = NAMES.filter((name) => COLUMNS[name].isUsual);

/** Those that can be chosen or left out. */
export const CHOICES = NAMES.filter((name) => name !== ALWAYS);

/**
 * The columns that a stored choice names, in their order.
 *
 * @param {string | null} stored
 * @returns {readonly ColumnName[]}
 */
export function chosenColumns(stored) {
  if (stored === null) return USUAL;
  const asked = new Set(stored.split(','));
  return NAMES.filter((name) => name === ALWAYS || asked.has(name));
}

export function readColumns() {
  return chosenColumns(localStorage.getItem(STORED));
}

/** @param {readonly ColumnName[]} names */
export function keepColumns(names) {
  if (names.join() === USUAL.join()) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, names.join());
}

const NAME_WIDTH = 11;
const CHECK_WIDTH = 2.5;
const ACTIONS_WIDTH = 8;

/**
 * What the columns need. The width of one never follows from what rows hold, so that nothing moves when they change.
 *
 * @param {readonly ColumnName[]} names
 * @param {boolean} hasChecks whether a box stands before each row
 * @returns {{readonly template: string, readonly least: number}} `template`: the columns of a grid; `least`: rem of all together
 */
export function widthsOf(names, hasChecks) {
  const check = hasChecks ? [CHECK_WIDTH] : [];
  const widths = [...check, ...names.map((name) => COLUMNS[name].width), ACTIONS_WIDTH];
  return {
    template: widths.map((width) => (width === null ? `minmax(${NAME_WIDTH}rem, 1fr)` : `${width}rem`)).join(' '),
    least: widths.reduce((/** @type {number} */ sum, width) => sum + (width ?? NAME_WIDTH), 0),
  };
}
