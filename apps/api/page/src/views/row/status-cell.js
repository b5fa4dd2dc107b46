import { h, setText } from '../../dom/h.js';
import { refill, setAttribute, setHidden, setState } from '../../dom/update.js';
import { notesOf } from '../../format/instance-notes.js';
import { withLocalTimes } from '../../format/local-times.js';
import { statusLine, statusTone } from '../../format/status.js';
import { addressOf } from '../../http/http-client.js';

/** @typedef {import('../../http/api-types.js').Instance} Instance */

/** How an instance stands, what must be known beside it, and what went wrong with what to do about it. */
export function statusCell() {
  const badge = h('span', { class: 'badge' });
  const notes = h('ul', { class: 'notes' });
  const left = h('p', { class: 'note' }, 'does not match the filters any more');
  const summary = h('summary', {});
  const advice = h('div', { class: 'fault-advice' });
  const fault = h('details', { class: 'fault' }, summary, advice);
  const element = h('td', { role: 'cell', data: { label: 'Status' } }, badge, notes, fault, left);
  return {
    element,
    /**
     * @param {Instance} instance
     * @param {boolean} isMatch whether it still matches the filters of the table
     */
    update(instance, isMatch) {
      setState(badge, { words: statusLine(instance), tone: statusTone(instance.status) });
      setHidden(left, isMatch);
      const { lastError } = instance;
      setHidden(fault, lastError === undefined);
      if (lastError === undefined) return;
      setAttribute(fault, 'data-tone', instance.status === 'failed' ? 'bad' : 'warn');
      setText(summary, withLocalTimes(lastError.message));
      refill(advice, lastError, () => [
        h('p', {}, withLocalTimes(lastError.suggestion)),
        h('p', {}, h('a', { href: addressOf(`/errors/${encodeURIComponent(lastError.code)}`) }, lastError.code)),
      ]);
    },
    /**
     * @param {Instance} instance
     * @param {number} nowMs
     */
    tick(instance, nowMs) {
      const told = notesOf(instance, nowMs);
      // Their words age; which there are changes with the instance alone.
      refill(
        notes,
        told.map(({ key }) => key),
        () => told.map(() => h('li', { class: 'note' })),
      );
      for (const [index, note] of told.entries()) {
        const line = notes.children[index];
        if (line instanceof HTMLElement) setState(line, note);
      }
    },
  };
}
