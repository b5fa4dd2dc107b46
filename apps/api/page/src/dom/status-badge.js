import { statusTone, statusWords } from '../format/status.js';
import { h } from './h.js';

/** @param {import('../http/api-types.js').InstanceStatus} status */
export function statusBadge(status) {
  return h('span', { class: 'badge', data: { tone: statusTone(status) } }, statusWords(status));
}
