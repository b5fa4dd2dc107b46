import { isStoreAway, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { h, setHidden, setText } from '../ui/dom.js';
import { ago } from '../ui/format.js';
import { skeleton } from '../ui/parts.js';
import { UI } from '../ui/words.js';

/**
 * Shows something that is read: bars while it is on its way, why it could not be read with a way to try again, above what
 * was read before if anything was; else the content.
 *
 * @template Value
 * @param {import('./live-read.js').LiveRead<Value>} read
 * @param {object} options
 * @param {HTMLElement} options.content made once, and filled by `draw`
 * @param {(value: Value) => void} options.draw
 * @param {string | ((problem: unknown) => string)} options.failed what could not be read, as a sentence; a function says all of it
 * @param {number} [options.rows] of bars
 */
export function readView(read, { content, draw, failed, rows = 6 }) {
  const bars = skeleton(rows);
  const text = h('p', {});
  const again = h('button', { class: 'button small', type: 'button' }, UI.tryAgain);
  again.addEventListener('click', () => void whileBusy(again, () => read.read()));
  const banner = h('div', { class: 'banner row between', data: { tone: 'bad' }, role: 'alert' }, text, again);
  const element = h('div', { class: 'read-view' }, banner, bars, content);
  /** @type {Value | null} */
  let drawn = null;
  read.state.watch(({ value, problem, readAtMs }) => {
    setHidden(bars, value !== null || problem !== null);
    setHidden(banner, problem === null);
    setHidden(content, value === null);
    if (problem !== null && typeof failed === 'function') setText(text, failed(problem));
    else if (problem !== null) {
      const age = readAtMs === null ? '' : UI.shownFrom(ago(new Date(readAtMs).toISOString(), Date.now()));
      const why = isStoreAway(problem) ? UI.storeAway : problemText(problem);
      setText(text, [failed, why, age].filter(Boolean).join(' '));
    }
    if (value === null || value === drawn) return;
    drawn = value;
    draw(value);
  }, read.signal);
  return element;
}
