import { peopleText, whenText } from '../auto-stop/people.js';
import { errorLink } from '../auto-stop/why-card.js';
import { liveStatusChip } from '../fleet/status-chip.js';
import { gpuLabel, notesOf, ownerLabel, statusLine } from '../instances/instance-messages.js';
import { problemAdvice, sentence } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { copyText } from '../ui/buttons.js';
import { arrange, h, refill, setHidden, setText } from '../ui/dom.js';
import { usdPerHour } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { menuButton } from '../ui/menu.js';
import { viewHead } from '../ui/parts.js';
import { moment, onTick } from '../ui/ticker.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('./view.js').InstanceRead} InstanceRead
 * @typedef {import('../fleet/context.js').InstanceAction} InstanceAction
 */

/** What one does with it next is the one button that stands out; to adopt stands beside the reason. @type {ReadonlySet<InstanceAction['name']>} */
const PRIMARY = new Set(['start']);

/**
 * The name of an instance with how it stands, what it is in one line, and its commands.
 *
 * @param {import('../routing/router.js').ViewContext} view
 * @param {InstanceRead} instance
 */
export function instanceHead({ actions, place, signal, toasts, fleet }, instance) {
  const buttons = h('div', { class: 'row' });
  const head = viewHead(place.id, buttons);
  const name = /** @type {HTMLElement} */ (head.firstElementChild);
  const chip = liveStatusChip();
  const notes = h('span', { class: 'row' });
  const state = h('div', { class: 'row', hidden: true }, chip.element, notes);
  name.after(state);
  const line = h('span', {});
  const copy = async () => {
    const address = new URL(viewAddress('instance', { id: instance.now().id }), location.href).href;
    if (await copyText(address)) toasts.success(INSTANCE.linkCopied);
    else toasts.failureText(INSTANCE.linkNotCopied);
  };
  const link = h(
    'button',
    { class: 'button plain small', type: 'button', on: { click: () => void copy() } },
    icon('copy'),
    INSTANCE.copyLink,
  );
  const lead = h('div', { class: 'view-lead row instance-lead', hidden: true }, line, link);

  /** @type {Map<InstanceAction['name'], HTMLButtonElement>} */
  const made = new Map();
  /** @param {InstanceAction} action */
  const buttonOf = (action) => {
    const before = made.get(action.name);
    if (before !== undefined) return before;
    const kind = PRIMARY.has(action.name) ? 'button primary' : 'button';
    const click = () => void action.run(instance.now());
    const button = h(
      'button',
      { class: kind, type: 'button', data: { action: action.name }, on: { click } },
      action.text,
    );
    made.set(action.name, button);
    return button;
  };
  const main = () =>
    actions.forRow(instance.now()).main.filter((action) => isCommand(action) && action.name !== 'adopt');
  const rest = () => {
    const names = new Set(main().map((action) => action.name));
    return actions.forView(instance.now()).filter((action) => isCommand(action) && !names.has(action.name));
  };
  const more = menuButton({
    name: INSTANCE.moreFor,
    label: [INSTANCE.more, icon('down')],
    buttonClass: 'button',
    items: () =>
      rest().map((action) => ({
        label: action.text,
        isDangerous: action.isDangerous,
        pick: () => void action.run(instance.now()),
      })),
  });
  /** @param {number} nowMs */
  const drawNotes = (nowMs) => {
    const all = [...notesOf(instance.now(), nowMs, fleet.confirmPatienceMs), ...reclaimNotes(instance.now(), nowMs)];
    refill(notes, all, () =>
      all.map(({ text, tone, hint }) => h('span', { class: 'badge', data: { tone }, title: hint }, text)),
    );
  };
  let isKnown = false;
  instance.watch((now) => {
    isKnown = true;
    setText(name, now.name);
    chip.show(now.status, statusLine(now));
    setHidden(state, false);
    setHidden(lead, false);
    setText(line, leadOf(now));
    drawNotes(Date.now());
    arrange(buttons, [...main().map(buttonOf), ...(rest().length === 0 ? [] : [more])]);
  }, signal);
  onTick((nowMs) => {
    if (isKnown) drawNotes(nowMs);
  }, signal);
  return h('div', { class: 'instance-head' }, head, lead);
}

/**
 * Novita takes a spot machine back with little notice.
 *
 * @param {import('../net/api-types.js').Instance} instance
 * @param {number} nowMs
 */
function reclaimNotes({ spot, status }, nowMs) {
  const at = spot?.reclaimAt;
  if (at === undefined || status === 'stopped' || status === 'terminated' || Date.parse(at) <= nowMs) return [];
  return [{ text: INSTANCE.spotUntil(whenText(at, nowMs)), tone: 'warn', hint: '' }];
}

/** It is answered on this view already. @param {InstanceAction} action */
function isCommand({ name }) {
  return name !== 'explain';
}

/** @param {import('../fleet/known-instance.js').KnownInstance} instance */
function leadOf(instance) {
  const { region, pricePerHour, owner } = instance;
  return [gpuLabel(instance), region ?? INSTANCE.anyRegion, usdPerHour(pricePerHour), ownerLabel(owner)]
    .filter(Boolean)
    .join(' · ');
}

/**
 * What went wrong with one that has not failed for good; of a failed one it is the answer to why.
 *
 * @param {InstanceRead} instance
 * @param {AbortSignal} signal
 */
export function errorBanner(instance, signal) {
  const element = h('div', { class: 'banner stack', data: { tone: 'warn' }, hidden: true });
  instance.watch(({ lastError, status }) => {
    const shown = status === 'failed' || status === 'terminated' ? undefined : lastError;
    setHidden(element, shown === undefined);
    refill(element, shown ?? null, () =>
      shown === undefined
        ? null
        : [
            h('p', {}, h('strong', {}, sentence(peopleText(shown.message))), ' ', problemAdvice(shown)),
            h('p', { class: 'quiet' }, moment(shown.at), ', ', errorLink(shown.code)),
          ],
    );
  }, signal);
  return element;
}
