import { fill, h, setAttribute, setText } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { statusIcon, statusLabel, statusTone } from './status.js';

/** @typedef {import('./status.js').InstanceStatus} InstanceStatus */

/**
 * How an instance stands: an icon in the tone of its status, and words.
 *
 * @param {InstanceStatus} status
 */
export function statusChip(status) {
  const chip = liveStatusChip();
  chip.show(status, statusLabel(status));
  return chip.element;
}

/** As `statusChip`, for one that changes. */
export function liveStatusChip() {
  const sign = h('span', { class: 'status-sign' });
  const text = h('span', { class: 'status-text' });
  const element = h('span', { class: 'status' }, sign, text);
  /** @type {import('../ui/icons.js').IconName | null} */
  let drawn = null;
  return {
    element,
    /**
     * @param {InstanceStatus} status
     * @param {string} words such as `Probing 2/3 ports`
     */
    show(status, words) {
      const name = statusIcon(status);
      if (name !== drawn) fill(sign, icon(name));
      drawn = name;
      setText(text, words);
      setAttribute(element, 'data-tone', statusTone(status));
    },
  };
}
