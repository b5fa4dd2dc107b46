import { commandResult, pathOf } from '../fleet/commands.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { whileBusy } from '../ui/buttons.js';
import { h, setText } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { choice, fieldGroup, formField } from '../ui/form-fields.js';
import { actorName, clockTime, withLocalTimes } from '../ui/format.js';
import { moment, onTick } from '../ui/ticker.js';
import { leaseChoices, leaseMessage, leaseSpan, reasonViolation } from './lease.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../fleet/context.js').ContextParts} ContextParts
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
    const text = h('span', {});
    const ends = h('span', { class: 'quiet' });
    const { input, element } = choice({
      type: 'radio',
      name: 'lease-span',
      value: offer.choice,
      checked: offer.choice === '1h',
      label: [text, ends],
    });
    return { offer, input, element, text, ends };
  });
  const drawOffers = () => {
    for (const { offer, text, ends } of offers) {
      const shown = leaseMessage(offer, new Date());
      setText(text, shown.text);
      setText(ends, shown.endsAt === null ? '' : ` (${shortTime(shown.endsAt)})`);
    }
  };
  drawOffers();
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
    return wanted === undefined
      ? { violation: 'Choose for how long.' }
      : leaseSpan(wanted.offer, other.value, new Date());
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
      const violations = 'violation' in wanted ? [{ pointer: '/until', detail: wanted.violation }] : [];
      const missing = reasonViolation(reason.value);
      return missing === '' ? violations : [...violations, { pointer: '/reason', detail: missing }];
    },
    submit: async () => {
      const { body } = await parts.http.request('PUT', `${pathOf(instance)}/lease`, {
        headers: { 'idempotency-key': newIdempotencyKey() },
        body: { ...spanNow(), reason: reason.value.trim() },
      });
      parts.fleet.applyInstance(body);
      return commandResult(instance, withLocalTimes(body.message));
    },
    toasts: parts.toasts,
  });
  onTick(drawOffers, dialog.signal);
}

/**
 * @param {ContextParts} parts
 * @param {Instance} instance
 * @param {() => import('../ui/form-dialog.js').FormDialog} dialog
 */
function presentLease(parts, instance, dialog) {
  const { lease } = instance.autoStop;
  if (lease === undefined || Date.parse(lease.until) <= Date.now()) return null;
  const end = async () => {
    try {
      const { body } = await parts.http.request('DELETE', `${pathOf(instance)}/lease`, {
        headers: { 'idempotency-key': newIdempotencyKey() },
      });
      parts.fleet.applyInstance(body);
      dialog().close();
      parts.toasts.success(commandResult(instance, body.message));
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
      `) by ${actorName(lease.by)}: ${lease.reason}`,
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
