import { commandResult, endLease, pathOf } from '../fleet/commands.js';
import { isLeased } from '../fleet/known-instance.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { whileBusy } from '../ui/buttons.js';
import { h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { apiText, clockTime } from '../ui/format.js';
import { moment } from '../ui/ticker.js';
import { leaseForm } from './lease-form.js';
import { byWhom } from './people.js';
import { AUTO_STOP } from './words.js';

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
  const form = leaseForm();
  const dialog = openFormDialog({
    title: AUTO_STOP.keepBusyTitle(instance.name),
    body: [
      presentLease(parts, instance, () => dialog),
      h('p', {}, AUTO_STOP.keepBusyHint),
      form.fields.map(({ element }) => element),
    ],
    fields: form.fields,
    submitLabel: AUTO_STOP.keepBusy,
    check: form.check,
    submit: async () => {
      const { body } = await parts.http.request('PUT', `${pathOf(instance)}/lease`, {
        headers: { 'idempotency-key': newIdempotencyKey() },
        body: form.read(),
      });
      parts.fleet.applyInstance(body);
      return commandResult(instance, apiText(body.message));
    },
    toasts: parts.toasts,
  });
  form.follow(dialog.signal);
  // Arrows choose another time from here, and the reason is one step away.
  form.focus();
}

/**
 * @param {ContextParts} parts
 * @param {Instance} instance
 * @param {() => import('../ui/form-dialog.js').FormDialog} dialog
 */
function presentLease(parts, instance, dialog) {
  const { lease } = instance.autoStop;
  if (lease === undefined || !isLeased(instance, Date.now())) return null;
  const end = async () => {
    try {
      const message = await endLease(parts, instance);
      dialog().close();
      parts.toasts.success(commandResult(instance, message));
    } catch (error) {
      dialog().fail(error);
    }
  };
  const button = h('button', { class: 'button small', type: 'button' }, AUTO_STOP.endNow);
  button.addEventListener('click', () => void whileBusy(button, end));
  return h(
    'div',
    { class: 'banner stack' },
    h(
      'p',
      {},
      AUTO_STOP.keptUntil,
      h('strong', {}, clockTime(lease.until)),
      ' (',
      moment(lease.until, 'until'),
      AUTO_STOP.keptBy(byWhom(lease.by), lease.reason),
    ),
    h('p', { class: 'field-hint' }, AUTO_STOP.newTime),
    h('div', { class: 'row' }, button),
  );
}
