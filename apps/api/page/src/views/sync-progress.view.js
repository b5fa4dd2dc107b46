import { onTick } from '../app/ticker.js';
import { h, setText } from '../dom/h.js';
import { setAttribute, setHidden, setState } from '../dom/update.js';
import {
  lastSyncWords,
  nextSyncWords,
  progressOf,
  progressWords,
  remainingWords,
  resourceLine,
  stepsOf,
} from '../format/sync-words.js';
import { clockTime } from '../format/time.js';

/**
 * How far the sync is, and of what; how the latest went and when the next one comes while none runs.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {(text: string) => void} announce
 * @returns {HTMLElement}
 */
export function syncProgressView({ fleet }, announce) {
  const bar = h('progress', { id: 'sync-bar', class: 'sync-bar' });
  const label = h('label', { for: 'sync-bar', class: 'numeric' });
  const remaining = h('span', { class: 'quiet numeric' });
  const running = h('div', { class: 'sync-line', data: { part: 'running' } }, bar, label, remaining);
  const last = h('time', { class: 'badge numeric' });
  const next = h('span', { class: 'sync-next numeric' });
  const resting = h('div', { class: 'sync-line', data: { part: 'resting' } }, last, next);
  const remark = h('p', { class: 'field-error' });
  const steps = stepList();
  const resources = resourceList();
  const details = h('details', { class: 'sync-details' }, [
    h('summary', {}, h('span', { class: 'sync-more' }, 'Details')),
    h('div', { class: 'sync-inside' }, steps.element, resources.element),
  ]);
  const element = h(
    'section',
    { class: 'sync', 'aria-labelledby': 'sync-title' },
    h('h2', { id: 'sync-title', class: 'visually-hidden' }, 'Sync'),
    details,
    running,
    resting,
    remark,
  );

  const drawTimes = () => {
    const nowMs = Date.now();
    const sync = fleet.sync.get();
    if (sync?.status === 'in_progress') return;
    const words = lastSyncWords(sync, nowMs);
    setState(last, { words: words.words, tone: words.tone, hint: words.at === null ? '' : clockTime(words.at) });
    setAttribute(last, 'datetime', words.at);
    setState(next, nextSyncWords(sync, nowMs));
    setText(remark, words.remark);
    setHidden(remark, words.remark === '');
  };
  let status = fleet.sync.get()?.status;
  fleet.sync.watch((sync) => {
    const isRunning = sync?.status === 'in_progress';
    setHidden(running, !isRunning);
    setHidden(resting, isRunning);
    setHidden(details, sync === null);
    if (isRunning) {
      const { value, max } = progressOf(sync);
      bar.max = max;
      bar.value = value;
      setText(label, progressWords(sync));
      setText(remaining, remainingWords(sync));
      setHidden(remark, true);
    }
    drawTimes();
    steps.draw(sync);
    resources.draw(sync);
    if (status === 'in_progress' && !isRunning) announce(lastSyncWords(sync, Date.now()).words);
    status = sync?.status;
  });
  onTick(drawTimes);
  return element;
}

function stepList() {
  const element = h('ol', { class: 'sync-steps' });
  return {
    element,
    /** @param {import('../http/api-types.js').SyncStatus | null} sync */
    draw(sync) {
      const steps = sync === null ? [] : stepsOf(sync);
      while (element.childElementCount < steps.length) {
        element.append(h('li', {}, h('span', {}), h('span', { class: 'visually-hidden' })));
      }
      for (const [index, { words, state, stateWords }] of steps.entries()) {
        const item = /** @type {Element} */ (element.children[index]);
        setAttribute(item, 'data-state', state);
        setAttribute(item, 'aria-current', state === 'now' ? 'step' : null);
        setText(/** @type {Element} */ (item.children[0]), words);
        setText(/** @type {Element} */ (item.children[1]), `, ${stateWords}`);
      }
    },
  };
}

function resourceList() {
  const element = h('ul', { class: 'sync-resources', 'aria-label': 'Kinds of resources' });
  /** @type {Map<string, ReturnType<typeof resourceItem>>} */
  const items = new Map();
  return {
    element,
    /** @param {import('../http/api-types.js').SyncStatus | null} sync */
    draw(sync) {
      const resources = sync?.resourceStatus ?? [];
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
  const words = h('span', { class: 'visually-hidden' });
  const amount = h('span', { class: 'sync-amount numeric' });
  const remark = h('span', { class: 'sync-remark' });
  const element = h('li', {}, sign, name, words, amount, remark);
  return {
    element,
    /** @param {import('../http/api-types.js').ResourceProgress} resource */
    draw(resource) {
      const line = resourceLine(resource);
      setAttribute(element, 'data-tone', line.tone);
      setText(sign, line.sign);
      setText(name, line.name);
      setText(words, `, ${line.words}`);
      setText(amount, line.amount);
      setText(remark, line.remark);
      setHidden(remark, line.remark === '');
    },
  };
}
