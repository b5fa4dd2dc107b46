import { h, setText } from '../ui/dom.js';
import { choice, fieldGroup, formField } from '../ui/form-fields.js';
import { onTick } from '../ui/ticker.js';
import { leaseChoices, leaseMessage, leaseSpan, reasonViolation } from './lease.js';
import { AUTO_STOP } from './words.js';

/** The fields that ask for how long something is kept busy, and with what. */
export function leaseForm() {
  const now = new Date();
  const other = h('input', {
    class: 'input',
    type: 'datetime-local',
    'aria-label': AUTO_STOP.anotherTime,
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
    legend: AUTO_STOP.howLong,
    pointer: '/until',
    content: [offers.map(({ element }) => element), other],
    focus: () => (chosen()?.offer.choice === 'other' ? other : (chosen()?.input ?? null)),
  });
  const reason = h('input', { class: 'input', autocomplete: 'off', required: true });
  const why = formField({
    label: AUTO_STOP.busyWith,
    pointer: '/reason',
    control: reason,
    hint: AUTO_STOP.busyWithHint,
  });
  const spanNow = () => {
    const wanted = chosen();
    return wanted === undefined
      ? { violation: AUTO_STOP.chooseTime }
      : leaseSpan(wanted.offer, other.value, new Date());
  };
  return {
    fields: [span, why],
    check: () => {
      const wanted = spanNow();
      const violations = 'violation' in wanted ? [{ pointer: '/until', detail: wanted.violation }] : [];
      const missing = reasonViolation(reason.value);
      return missing === '' ? violations : [...violations, { pointer: '/reason', detail: missing }];
    },
    /** What is sent, once `check` has found nothing. */
    read: () => ({ ...spanNow(), reason: reason.value.trim() }),
    focus: () => chosen()?.input.focus(),
    /** @param {AbortSignal} signal of the dialog */
    follow: (signal) => onTick(drawOffers, signal),
  };
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
