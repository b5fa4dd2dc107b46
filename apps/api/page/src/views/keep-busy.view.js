import { pathOf, told } from '../actions/send-command.js';
import { newRepeatKey } from '../app/repeat-key.js';
import { onTick } from '../app/ticker.js';
import { whileBusy } from '../dom/busy.js';
import { openFormDialog } from '../dom/form-dialog.js';
import { choice, fieldGroup, formField } from '../dom/form-field.js';
import { h, setText } from '../dom/h.js';
import { moment } from '../dom/moment.js';
import { actorWords } from '../format/explain-words.js';
import { withLocalTimes } from '../format/local-times.js';
import { clockTime } from '../format/time.js';
import { leaseChoices, leaseSpan, leaseWords, reasonFault } from '../state/lease-choices.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../app/context.js').ContextParts} ContextParts
 */

/**
 * Declares an instance busy for a while, or ends that.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 */
export function openKeepBusy(parts, instance) {
  const now = new Date();
  const other = h('input', {
    class: 'input',
    type: 'datetime-local',
    'aria-label': 'Another time',
    value: localInput(new Date(now.getTime() + 2 * 3_600_000)),
  });
  const offers = leaseChoices(now).map((offer) => {
    const words = h('span', {});
    const ends = h('span', { class: 'quiet' });
    const { input, element } = choice({
      type: 'radio',
      name: 'lease-span',
      value: offer.choice,
      checked: offer.choice === '1h',
      label: [words, ends],
    });
    return { offer, input, element, words, ends };
  });
  const drawOffers = () => {
    for (const { offer, words, ends } of offers) {
      const shown = leaseWords(offer, new Date());
      setText(words, shown.words);
      setText(ends, shown.endsAt === null ? '' : ` (${shortTime(shown.endsAt)})`);
    }
  };
  drawOffers();
  const stopTicking = onTick(drawOffers);
  const chosen = () => offers.find(({ input }) => input.checked);
  other.addEventListener('input', () => {
    for (const { offer, input } of offers) input.checked = offer.choice === 'other';
  });
  const span = fieldGroup({
    legend: 'For how long',
    pointer: '/until',
    content: [offers.map(({ element }) => element), other],
    focus: () => (chosen()?.offer.choice === 'other' ? other : (chosen()?.input ?? null)),
  });
  const reason = h('input', { class: 'input', autocomplete: 'off', required: true });
  const why = formField({
    label: 'What it is busy with',
    pointer: '/reason',
    control: reason,
    hint: 'Shown to whoever asks why it is kept, such as “training run 42”.',
  });
  const spanNow = () => {
    const wanted = chosen();
    return wanted === undefined ? { fault: 'Choose for how long.' } : leaseSpan(wanted.offer, other.value, new Date());
  };

  const dialog = openFormDialog({
    title: `Keep ${instance.name} busy`,
    body: [
      presentLease(parts, instance, () => dialog),
      h('p', {}, 'Until then it is not stopped as idle. It can still be stopped by hand, and a lease starts nothing.'),
      span.element,
      why.element,
    ],
    fields: [span, why],
    submitLabel: 'Keep busy',
    check: () => {
      const wanted = spanNow();
      const faults = 'fault' in wanted ? [{ pointer: '/until', detail: wanted.fault }] : [];
      const missing = reasonFault(reason.value);
      return missing === '' ? faults : [...faults, { pointer: '/reason', detail: missing }];
    },
    submit: async () => {
      const { body } = await parts.http.request('PUT', `${pathOf(instance)}/lease`, {
        headers: { 'idempotency-key': newRepeatKey() },
        body: { ...spanNow(), reason: reason.value.trim() },
      });
      parts.fleet.takeInstance(body);
      return told(instance, withLocalTimes(body.message));
    },
    notices: parts.notices,
    onClose: stopTicking,
  });
}

/**
 * @param {ContextParts} parts
 * @param {Instance} instance
 * @param {() => import('../dom/form-dialog.js').FormDialog} dialog
 */
function presentLease(parts, instance, dialog) {
  const { lease } = instance.autoStop;
  if (lease === undefined || Date.parse(lease.until) <= Date.now()) return null;
  const end = async () => {
    try {
      const { body } = await parts.http.request('DELETE', `${pathOf(instance)}/lease`, {
        headers: { 'idempotency-key': newRepeatKey() },
      });
      parts.fleet.takeInstance(body);
      dialog().close();
      parts.notices.success(told(instance, body.message));
    } catch (error) {
      dialog().fail(error);
    }
  };
  const button = h('button', { class: 'button small', type: 'button' }, 'End it now');
  button.addEventListener('click', () => void whileBusy(button, end));
  return h(
    'div',
    { class: 'banner stack' },
    h(
      'p',
      {},
      'Kept busy until ',
      h('strong', {}, clockTime(lease.until)),
      ' (',
      moment(lease.until, 'until'),
      `) by ${actorWords(lease.by)}: ${lease.reason}`,
    ),
    h('p', { class: 'field-hint' }, 'A new lease takes its place.'),
    h('div', { class: 'row' }, button),
  );
}

/** @param {Date} at */
function shortTime(at) {
  return at.toLocaleString(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
}

/** As an input of type `datetime-local` takes it: in the reader's zone, without one. @param {Date} at */
function localInput(at) {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, '0');
}
