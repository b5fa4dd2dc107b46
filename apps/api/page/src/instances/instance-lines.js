import { statusLabel, statusTone } from '../fleet/status.js';
import { h } from '../ui/dom.js';
import { counted, usdPerHour } from '../ui/format.js';

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {import('../net/api-types.js').InstanceStatus} status
 * @property {number} [pricePerHour]
 * @property {string} [reason]
 */

/** More would be read by nobody, and a fleet may have thousands. */
const SHOWN = 100;

/**
 * Instances that a command is about, the dearest first: name, status, price or reason.
 *
 * @param {readonly Line[]} lines
 * @param {string} label what they are, for screen readers
 */
export function instanceLines(lines, label) {
  const rest = lines.length - SHOWN;
  const dearestFirst = lines.toSorted((a, b) => (b.pricePerHour ?? 0) - (a.pricePerHour ?? 0));
  return h(
    'div',
    { class: 'lines', tabIndex: 0, role: 'region', 'aria-label': label },
    h(
      'ul',
      {},
      dearestFirst
        .slice(0, SHOWN)
        .map(({ name, status, pricePerHour, reason }) =>
          h(
            'li',
            { class: 'line' },
            h('span', { class: 'line-name' }, name),
            statusBadge(status),
            reason === undefined
              ? h('span', { class: 'numeric quiet' }, usdPerHour(pricePerHour))
              : h('span', { class: 'line-reason quiet' }, reason),
          ),
        ),
    ),
    rest > 0 ? h('p', { class: 'quiet' }, `… and ${counted(rest, 'more', 'more')}.`) : null,
  );
}

/** @param {import('../net/api-types.js').InstanceStatus} status */
function statusBadge(status) {
  return h('span', { class: 'badge', data: { tone: statusTone(status) } }, statusLabel(status));
}
