import { isLeased } from '../fleet/known-instance.js';
import { addressOf } from '../net/address.js';
import { arrange, h, refill, setAttribute, setHidden, setText } from '../ui/dom.js';
import { onTick } from '../ui/ticker.js';
import { heldStop, whyOf } from './why.js';
import { WHY } from './words.js';

/**
 * @typedef {import('./why.js').Judged} Judged
 * @typedef {import('../fleet/context.js').InstanceAction} InstanceAction
 * @typedef {import('../fleet/context.js').InstanceActionName} InstanceActionName
 */

/**
 * Why an instance stands as it does, in a sentence that ages, with what can be done about it.
 *
 * @param {object} options
 * @param {(instance: Judged) => readonly InstanceAction[]} options.offered what applies to it
 * @param {AbortSignal} options.signal
 */
export function whyCard({ offered, signal }) {
  const lead = h('strong', { class: 'why-lead' });
  const text = h('span', {}, WHY.asked);
  const next = h('span', { class: 'why-next quiet' });
  const link = h('p', { hidden: true });
  const buttons = h('div', { class: 'row why-buttons' });
  const element = h(
    'section',
    { class: 'why card', 'aria-label': WHY.title },
    h('div', { class: 'why-text' }, h('p', {}, lead, ' ', text, ' ', next), link),
    buttons,
  );
  /** @type {import('./why.js').Shown | null} */
  let shown = null;
  let unknown = '';
  /** @type {Map<string, HTMLButtonElement>} */
  const made = new Map();

  /** @param {number} nowMs */
  const draw = (nowMs) => {
    if (shown === null) return;
    const why = whyOf(shown, nowMs) ?? notKnown();
    setAttribute(element, 'data-tone', why.tone);
    setText(lead, why.lead === '' ? '' : `${why.lead}:`);
    setText(text, why.text);
    setText(next, why.next);
    const { instance } = shown;
    const { lastError } = instance;
    const code = instance.status === 'failed' && lastError !== undefined ? lastError.code : '';
    setHidden(link, code === '');
    refill(link, code, () => errorLink(code));
    const actions = offered(instance);
    const wanted = whyActions(instance, nowMs).flatMap(([name, label]) => {
      const action = actions.find((one) => one.name === name);
      return action === undefined ? [] : [buttonOf(action, label)];
    });
    arrange(buttons, wanted);
    setHidden(buttons, wanted.length === 0);
  };
  /** @returns {import('./why.js').Why} */
  const notKnown = () => {
    if (unknown === '') return { tone: 'idle', lead: '', text: WHY.asked, next: '' };
    return { tone: 'warn', lead: WHY.unknown, text: WHY.unknownText, next: unknown };
  };
  /** @param {InstanceAction} action @param {string} label */
  const buttonOf = (action, label) => {
    const before = made.get(label);
    if (before !== undefined) return before;
    const click = () => {
      if (shown !== null) void action.run(shown.instance);
    };
    const kind = action.name === 'adopt' ? 'button small primary' : 'button small';
    const button = h('button', { class: kind, type: 'button', on: { click } }, label);
    made.set(label, button);
    return button;
  };
  onTick(draw, signal);
  return {
    element,
    /**
     * @param {import('./why.js').Shown} now
     * @param {string} why what auto-stop makes of it could not be read; empty when it could
     */
    show: (now, why) => {
      shown = now;
      unknown = why;
      draw(Date.now());
    },
  };
}

/** @param {string} code */
export function errorLink(code) {
  const href = addressOf(`/errors/${encodeURIComponent(code)}`);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, WHY.moreOnError);
}

/**
 * What a person would most likely do about it, with the words of the button.
 *
 * @param {Judged} instance
 * @param {number} nowMs
 * @returns {readonly (readonly [InstanceActionName, string])[]}
 */
export function whyActions(instance, nowMs) {
  if (instance.origin === 'discovered') {
    return [
      ['adopt', WHY.adopt],
      ['ignore', WHY.ignore],
    ];
  }
  /** @type {(readonly [InstanceActionName, string])[]} */
  const actions = [];
  if (instance.status === 'ready' || isLeased(instance, nowMs)) actions.push(['keepBusy', WHY.keepBusy]);
  if (isLeased(instance, nowMs)) actions.push(['endLease', WHY.endLease]);
  if (heldStop(instance) !== null) actions.push(['stop', WHY.stopNow]);
  return actions;
}
