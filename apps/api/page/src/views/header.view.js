import { h } from '../dom/h.js';

/** @param {import('../app/context.js').AppContext} _context */
export function headerView(_context) {
  return h('section', {});
}
