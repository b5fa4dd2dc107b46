import { h, setText } from '../../dom/h.js';
import { setAttribute } from '../../dom/update.js';
import { idleWords } from '../../format/idle-words.js';
import { gpuWords, placeWords } from '../../format/machine-words.js';
import { usdPerHour } from '../../format/money.js';
import { roughlyAgo, runWords } from '../../format/run-words.js';
import { clockTime } from '../../format/time.js';

/** @typedef {import('../../http/api-types.js').Instance} Instance */

/** While nothing is paid for, a price is what it would cost. */
const UNPAID = new Set(['stopped', 'terminated']);

/** The plain facts of an instance: machine, price, times. */
export function factCells() {
  const gpu = h('span', { class: 'fact' });
  const place = h('span', { class: 'fact quiet' });
  const price = h('span', { class: 'numeric' });
  const run = h('span', { class: 'numeric' });
  const made = h('time', { class: 'numeric' });
  const idle = h('span', { class: 'fact numeric' });
  const stop = h('span', { class: 'fact numeric' });
  const idleCell = h('td', { role: 'cell', class: 'cell-idle', data: { label: 'Idle' } }, idle, stop);
  const runCell = h('td', { role: 'cell', class: 'cell-up', data: { label: 'Up' } }, run);
  return {
    elements: [
      h('td', { role: 'cell', class: 'cell-machine', data: { label: 'GPU' } }, gpu, place),
      h('td', { role: 'cell', class: 'cell-price', data: { label: 'Price' } }, price),
      runCell,
      h('td', { role: 'cell', data: { label: 'Created' } }, made),
      idleCell,
    ],
    /** @param {Instance} instance */
    update(instance) {
      setText(gpu, gpuWords(instance));
      setText(place, placeWords(instance));
      setText(price, usdPerHour(instance.pricePerHour));
      setAttribute(price, 'class', UNPAID.has(instance.status) ? 'numeric quiet' : 'numeric');
      setAttribute(made, 'datetime', instance.createdAt);
      setAttribute(made, 'title', clockTime(instance.createdAt));
    },
    /**
     * @param {import('../../state/newest-instance.js').KnownInstance} instance
     * @param {number} nowMs
     * @param {import('../../http/api-types.js').Dashboard['autoStop'] | undefined} autoStop
     */
    tick(instance, nowMs, autoStop) {
      const up = runWords(instance, nowMs);
      setText(run, up.words);
      setAttribute(run, 'class', up.isUp ? 'numeric' : 'numeric quiet');
      setAttribute(run, 'title', up.hint === '' ? null : up.hint);
      setAttribute(runCell, 'data-empty', up.words === '' ? '' : null);
      setText(made, roughlyAgo(instance.createdAt, nowMs));
      const words = idleWords(instance, nowMs, autoStop);
      setText(idle, words.idle);
      setText(stop, words.stop);
      setAttribute(stop, 'data-tone', words.tone === '' ? null : words.tone);
      setAttribute(idleCell, 'title', words.hint === '' ? null : words.hint);
      setAttribute(idleCell, 'data-empty', words.idle + words.stop === '' ? '' : null);
    },
  };
}
