import { h, setAttribute, setHidden, setState, setText } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { resourceList } from './resource-list.js';
import { changesText, whoBegan } from './run-messages.js';
import {
  lastSyncMessage,
  nextSyncMessage,
  progressMessage,
  progressOf,
  remainingMessage,
  stepsOf,
} from './sync-messages.js';
import { SYNC } from './words.js';

/**
 * How far the sync is, and of what; how the latest went and when the next one comes while none runs.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @returns {HTMLElement}
 */
export function syncProgressView({ fleet, signal }) {
  const bar = h('progress', { id: 'sync-bar', class: 'sync-bar' });
  const label = h('label', { for: 'sync-bar', class: 'numeric' });
  const remaining = h('span', { class: 'quiet numeric' });
  const running = h('div', { class: 'sync-line', data: { part: 'running' } }, bar, label, remaining);
  const last = h('time', { class: 'badge numeric' });
  const next = h('span', { class: 'sync-next numeric' });
  const resting = h('div', { class: 'sync-line', data: { part: 'resting' } }, last, next);
  const remark = h('p', { class: 'field-error' });
  const outcome = h('p', { class: 'quiet numeric' });
  const steps = stepList();
  const resources = resourceList();
  const details = h('div', { class: 'sync-inside' }, steps.element, resources.element);
  const element = h(
    'section',
    { class: 'sync card', 'aria-label': SYNC.latest },
    running,
    resting,
    remark,
    outcome,
    details,
  );

  const drawTimes = () => {
    const nowMs = Date.now();
    const sync = fleet.sync.get();
    if (sync?.status === 'in_progress') return;
    const text = lastSyncMessage(sync, nowMs);
    setState(last, { text: text.text, tone: text.tone, hint: text.at === null ? '' : clockTime(text.at) });
    setAttribute(last, 'datetime', text.at);
    setState(next, nextSyncMessage(sync, fleet.health.get(), nowMs));
    setText(remark, text.remark);
    setHidden(remark, text.remark === '');
  };
  fleet.sync.watch((sync) => {
    const isRunning = sync?.status === 'in_progress';
    setHidden(running, !isRunning);
    setHidden(resting, isRunning);
    setHidden(details, sync === null);
    if (isRunning) {
      const { value, max } = progressOf(sync);
      bar.max = max;
      bar.value = value;
      setText(label, progressMessage(sync));
      setText(remaining, remainingMessage(sync));
      setHidden(remark, true);
    }
    drawTimes();
    steps.draw(sync);
    resources.draw(sync?.resourceStatus ?? []);
  }, signal);
  watchAll(
    [fleet.sync, fleet.syncHistory],
    () => {
      const sync = fleet.sync.get();
      const run = fleet.syncHistory.get().find(({ runId }) => runId === sync?.runId);
      const isOver = run !== undefined && sync?.status !== 'in_progress';
      setHidden(outcome, !isOver);
      if (isOver) setText(outcome, SYNC.latestFacts(whoBegan(run), changesText(run.changes)));
    },
    signal,
  );
  onTick(drawTimes, signal);
  return element;
}

function stepList() {
  const element = h('ol', { class: 'sync-steps' });
  return {
    element,
    /** @param {import('../net/api-types.js').SyncStatus | null} sync */
    draw(sync) {
      const steps = sync === null ? [] : stepsOf(sync);
      while (element.childElementCount < steps.length) {
        element.append(h('li', {}, h('span', {}), h('span', { class: 'visually-hidden' })));
      }
      for (const [index, { text, state, stateLabel }] of steps.entries()) {
        const item = /** @type {Element} */ (element.children[index]);
        setAttribute(item, 'data-state', state);
        setAttribute(item, 'aria-current', state === 'now' ? 'step' : null);
        setText(/** @type {Element} */ (item.children[0]), text);
        setText(/** @type {Element} */ (item.children[1]), `, ${stateLabel}`);
      }
    },
  };
}
