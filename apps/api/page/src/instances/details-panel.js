import { auditEntryLabel, verdictSection } from '../auto-stop/verdict.js';
import { pathOf } from '../fleet/commands.js';
import { NewestRead } from '../net/http-client.js';
import { problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { arrange, fill, h, setText } from '../ui/dom.js';
import { actorName, clockTime, withLocalTimes } from '../ui/format.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { instanceDetails } from './instance-details.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {object} Explained all that the panel shows
 * @property {Instance} instance
 * @property {import('../net/api-types.js').IdleEvaluation} idle
 * @property {readonly import('../net/api-types.js').AuditEntryView[]} entries latest first
 */

/** An event seldom comes alone; one reading serves for all that come within this time. */
const SETTLE_MS = 400;

/** Without any event: what is evaluated changes by time alone. */
const AGES_MS = 30_000;

/**
 * The side panel that explains an instance: why it is kept or will be stopped, what happened to it, by whom and why.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {Instance} instance
 */
export function openDetailsPanel(context, instance) {
  const { http, fleet, session, actions } = context;
  let shown = instance;
  const readAt = h('span', { class: 'quiet' }, 'Reading …');
  const alert = h('p', { class: 'field-error', role: 'alert' });
  const refresh = h('button', { class: 'button small', type: 'button' }, 'Refresh');
  const parts = {
    verdict: section(verdictSection),
    details: section(instanceDetails),
    auditLog: section(auditTimeline),
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
    const isNewest = reads.begin();
    try {
      const [record, idle, events] = await Promise.all([
        http.get(path, { signal }),
        http.get(`${path}/idle`, { signal }),
        http.get(`${path}/events`, { signal }),
      ]);
      if (!isNewest()) return;
      shown = record.body;
      parts.verdict.show({ instance: record.body, idle: idle.body });
      parts.details.show(record.body);
      parts.auditLog.show(events.body.entries);
      setText(alert, '');
      fill(readAt, 'As of ', moment(idle.body.evaluatedAt));
      offer();
    } catch (error) {
      if (!signal.aborted && isNewest()) setText(alert, problemText(error));
    }
  };
  const readSoon = () => {
    timer ??= setTimeout(() => void read(), SETTLE_MS);
  };

  const foot = h('div', { class: 'row' });
  /** @type {Map<import('../fleet/context.js').InstanceAction, HTMLButtonElement>} */
  const buttons = new Map();
  const offer = () => {
    const offered = actions.forPanel(shown);
    for (const action of offered) {
      if (buttons.has(action)) continue;
      const click = () => void action.run(shown);
      buttons.set(action, h('button', { class: 'button', type: 'button', on: { click } }, action.text));
    }
    arrange(
      foot,
      offered.map((action) => /** @type {HTMLButtonElement} */ (buttons.get(action))),
    );
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
    actions: session.mayCommand ? foot : null,
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
 * @param {(shown: Shown) => import('../ui/dom.js').Child} build
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

/** @typedef {import('../net/api-types.js').AuditEntryView} AuditEntry */

/**
 * The audit log of an instance: events with actor and reason, the latest first.
 *
 * @param {readonly AuditEntry[]} entries
 */
function auditTimeline(entries) {
  return [
    h('h3', {}, 'What happened'),
    entries.length === 0
      ? h('p', { class: 'quiet' }, 'Nothing is written down yet.')
      : h('ol', { class: 'timeline' }, entries.map(entryOf)),
  ];
}

/** @param {AuditEntry} entry */
function entryOf({ at, kind, by, from, to, reason }) {
  const { text, tone } = auditEntryLabel(kind);
  return h(
    'li',
    { data: { tone } },
    h(
      'div',
      { class: 'row' },
      h('strong', {}, text),
      to === undefined && from === undefined ? null : h('span', { class: 'mono' }, change(from, to)),
    ),
    h('p', {}, withLocalTimes(reason)),
    h('p', { class: 'quiet' }, `${actorName(by)}, `, moment(at), ` (${clockTime(at)})`),
  );
}

/**
 * @param {string | undefined} from
 * @param {string | undefined} to
 */
function change(from, to) {
  return [from, to]
    .map((part) => (part === undefined ? '' : withLocalTimes(part)))
    .filter(Boolean)
    .join(' → ');
}
