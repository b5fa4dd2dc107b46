import { h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { resourceLine } from './sync-messages.js';
import { SYNC } from './words.js';

/** The kinds of resources that a run reads, each with how far it is. */
export function resourceList() {
  const element = h('ul', { class: 'sync-resources', 'aria-label': SYNC.read });
  /** @type {Map<string, ReturnType<typeof resourceItem>>} */
  const items = new Map();
  return {
    element,
    /** @param {readonly import('../net/api-types.js').ResourceStatusView[]} resources */
    draw(resources) {
      for (const [name, { element: item }] of items) {
        if (resources.some((resource) => resource.name === name)) continue;
        item.remove();
        items.delete(name);
      }
      for (const resource of resources) {
        const item = items.get(resource.name) ?? resourceItem();
        if (!items.has(resource.name)) {
          items.set(resource.name, item);
          element.append(item.element);
        }
        item.draw(resource);
      }
    },
  };
}

function resourceItem() {
  const sign = h('span', { class: 'sync-sign', 'aria-hidden': 'true' });
  const name = h('span', {});
  const text = h('span', { class: 'visually-hidden' });
  const amount = h('span', { class: 'sync-amount numeric' });
  const remark = h('span', { class: 'sync-remark' });
  const element = h('li', {}, sign, name, text, amount, remark);
  return {
    element,
    /** @param {import('../net/api-types.js').ResourceStatusView} resource */
    draw(resource) {
      const line = resourceLine(resource);
      setAttribute(element, 'data-tone', line.tone);
      setText(sign, line.sign);
      setText(name, line.name);
      setText(text, `, ${line.text}`);
      setText(amount, line.amount);
      setText(remark, line.remark);
      setHidden(remark, line.remark === '');
    },
  };
}
