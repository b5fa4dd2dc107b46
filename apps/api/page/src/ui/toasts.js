import { problemText } from '../net/problem.js';
import { h } from './dom.js';
import { UI } from './words.js';

const LEAVES_AFTER_MS = 6_000;

/**
 * Shows what came of a command: success leaves by itself, a failure stays until it is read. Both are announced to screen
 * readers, by regions that exist from the beginning, as a region that comes with its text is often not read.
 */
export class Toasts {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.polite = h('div', { role: 'status', class: 'stack' });
    this.urgent = h('div', { role: 'alert', class: 'stack' });
    host.setAttribute('popover', 'manual');
    host.append(this.urgent, this.polite);
    this.host = host;
  }

  /** @param {string} text */
  success(text) {
    const toast = this.show(this.polite, text, 'ok');
    setTimeout(() => this.remove(toast), LEAVES_AFTER_MS);
  }

  /** @param {unknown} error what a call threw */
  failure(error) {
    this.failureText(problemText(error));
  }

  /** @param {string} text one or two plain sentences */
  failureText(text) {
    this.show(this.urgent, text, 'bad');
  }

  /**
   * @param {HTMLElement} region
   * @param {string} text
   * @param {'ok' | 'bad'} tone
   */
  show(region, text, tone) {
    /** @type {HTMLElement} */
    const toast = h(
      'div',
      { class: 'toast', data: { tone } },
      h('p', {}, text),
      h(
        'button',
        {
          class: 'button plain small icon',
          type: 'button',
          'aria-label': UI.dismiss,
          on: { click: () => this.remove(toast) },
        },
        '✕',
      ),
    );
    region.append(toast);
    this.raise();
    return toast;
  }

  /** @param {HTMLElement} toast */
  remove(toast) {
    toast.remove();
    if (this.polite.childElementCount + this.urgent.childElementCount === 0 && this.host.matches(':popover-open')) {
      this.host.hidePopover();
    }
  }

  /** Above a dialog that was opened in the meantime. */
  raise() {
    if (this.host.matches(':popover-open')) this.host.hidePopover();
    this.host.showPopover();
  }
}
