import { h } from './h.js';

/**
 * Names and what they stand for; those of which nothing is known are left out.
 *
 * @param {readonly (readonly [string, import('./h.js').Child])[]} rows
 */
export function facts(rows) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (known.length === 0) return null;
  return h(
    'dl',
    { class: 'facts' },
    known.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}
