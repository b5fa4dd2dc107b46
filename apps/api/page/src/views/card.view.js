import { h, setText } from '../dom/h.js';
import { setAttribute } from '../dom/update.js';

/**
 * One figure of the dashboard. What is not known yet, or could not be read, is shown as such and never as a number.
 *
 * @param {string} title
 * @param {...HTMLElement} more below the note
 */
export function cardView(title, ...more) {
  const figure = h('p', { class: 'card-figure numeric', data: { state: 'loading' } }, '…');
  const note = h('p', { class: 'card-note numeric' });
  const element = h(
    'article',
    { class: 'card figure-card' },
    h('h3', { class: 'card-title' }, title),
    figure,
    note,
    more,
  );
  return {
    element,
    /** @param {import('../format/dashboard-words.js').Figure} shown */
    show(shown) {
      setAttribute(figure, 'data-state', 'known');
      setAttribute(element, 'data-tone', shown.tone);
      setText(figure, shown.figure);
      setText(note, shown.note);
    },
    /**
     * @param {boolean} hasFailed whether it was asked for in vain
     * @param {string} [why] in one sentence
     */
    showUnknown(hasFailed, why = '') {
      setAttribute(figure, 'data-state', hasFailed ? 'unknown' : 'loading');
      setAttribute(element, 'data-tone', null);
      setText(figure, hasFailed ? 'not known' : '…');
      setText(note, why);
    },
  };
}
