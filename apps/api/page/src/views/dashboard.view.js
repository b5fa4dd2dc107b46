import { h } from '../dom/h.js';

/** @param {import('../app/context.js').AppContext} _context */
export function dashboardView(_context) {
  return h('section', {});
}
