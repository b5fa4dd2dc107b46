import { pathOf } from '../actions/send-command.js';
import { onTick } from '../app/ticker.js';
import { whileBusy } from '../dom/busy.js';
import { openDialog } from '../dom/dialog.js';
import { fill, h, setText } from '../dom/h.js';
import { moment, tickMoments } from '../dom/moment.js';
import { problemText } from '../http/problem.js';
import { commandsFor } from '../state/commands-of.js';
import { NewestRead } from '../state/newest-read.js';
import { instanceDetails } from './why/instance-details.js';
import { ledgerTimeline } from './why/ledger-timeline.js';
import { verdictSection } from './why/verdict-section.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} Explained all that the panel shows
 * @property {Instance} instance
 * @property {import('../http/action-types.js').Idle} idle
 * @property {readonly import('../http/action-types.js').LedgerEntry[]} entries latest first
 */

/** An event seldom comes alone; one reading serves for all that come within this time. */
const SETTLE_MS = 400;
/** Without any event: what is evaluated changes by time alone. */
const AGES_MS = 30_000;

/**
 * The side panel that explains an instance: why it is kept or will be stopped, what happened to it, by whom and why.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {Instance} instance
 */
export function openWhyPanel(context, instance) {
  const { http, fleet, session, actions } = context;
  let shown = instance;
  const readAt = h('span', { class: 'quiet' }, 'Reading …');
  const alert = h('p', { class: 'field-error', role: 'alert' });
  const refresh = h('button', { class: 'button small', type: 'button' }, 'Refresh');
  const parts = {
    verdict: section(verdictSection),
    details: section(instanceDetails),
    ledger: section(ledgerTimeline),
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ended = new AbortController();
  const reads = new NewestRead();
  const read = async () => {
    clearTimeout(timer);
    timer = undefined;
    const path = pathOf(instance);
    const { signal } = ended;
    const isNews = reads.begin();
    try {
      const [record, idle, events] = await Promise.all([
        http.get(path, { signal }),
        http.get(`${path}/idle`, { signal }),
        http.get(`${path}/events`, { signal }),
      ]);
      if (!isNews()) return;
      shown = record.body;
      parts.verdict.show({ instance: record.body, idle: idle.body });
      parts.details.show(record.body);
      parts.ledger.show(events.body.entries);
      setText(alert, '');
      fill(readAt, 'As of ', moment(idle.body.evaluatedAt));
      offer();
    } catch (error) {
      if (!signal.aborted && isNews()) setText(alert, problemText(error));
    }
  };
  const readSoon = () => {
    timer ??= setTimeout(() => void read(), SETTLE_MS);
  };

  const busy = h('button', { class: 'button', type: 'button' }, 'Keep busy for …');
  const autoStop = h('button', { class: 'button', type: 'button' }, 'Auto-stop settings');
  busy.addEventListener('click', () => actions.keepBusy(shown));
  autoStop.addEventListener('click', () => actions.changeAutoStop(shown));
  const offer = () => {
    const commands = commandsFor(shown);
    busy.hidden = !commands.has('lease');
    autoStop.hidden = !commands.has('autoStop');
  };
  offer();

  const stopTicking = onTick((nowMs) => tickMoments(dialog.element, nowMs));
  const stopFollowing = fleet.onEvent((type, data) => {
    if (data.instanceId === instance.id || type === 'list' || type === 'restored') readSoon();
  });
  const aging = setInterval(() => {
    if (document.visibilityState === 'visible') readSoon();
  }, AGES_MS);
  const dialog = openDialog({
    title: instance.name,
    body: [
      h('div', { class: 'row between' }, readAt, refresh),
      alert,
      Object.values(parts).map(({ element }) => element),
    ],
    actions: session.mayCommand ? [busy, autoStop] : null,
    shape: 'panel',
    onClose: () => {
      ended.abort();
      clearTimeout(timer);
      clearInterval(aging);
      stopTicking();
      stopFollowing();
    },
  });
  refresh.addEventListener('click', () => void whileBusy(refresh, read));
  void read();
}

/**
 * A part that is built anew only when what it shows has changed, so that a reading takes neither focus nor selection away.
 *
 * @template Shown
 * @param {(shown: Shown) => import('../dom/h.js').Child} build
 */
function section(build) {
  const element = h('div', { class: 'stack' });
  let before = '';
  return {
    element,
    /** @param {Shown} next */
    show: (next) => {
      const content = JSON.stringify(next, (name, value) => (name === 'evaluatedAt' ? undefined : value));
      if (content === before) return;
      before = content;
      fill(element, build(next));
    },
  };
}
