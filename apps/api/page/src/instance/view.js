import { auditEntryLabel, verdictSection } from '../auto-stop/verdict.js';
import { pathOf } from '../fleet/commands.js';
import { NewestRead } from '../net/http-client.js';
import { ProblemError, problemText } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { arrange, fill, h, setHidden, setText } from '../ui/dom.js';
import { actorName, clockTime, withLocalTimes } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { emptyState, skeleton, viewHead } from '../ui/parts.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { instanceDetails } from './instance-details.js';
import { INSTANCE } from './words.js';

/** One instance: why it is kept or will be stopped, how it stands, how to reach it, what happened to it. */

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

export const title = INSTANCE.title;

/** An event seldom comes alone; one reading serves for all that come within this time. */
const SETTLE_MS = 400;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { http, fleet, actions, place, signal } = view;
  /** @type {Instance | null} */
  let shown = null;
  const buttons = h('div', { class: 'row' });
  const back = h('a', { class: 'view-back', href: viewAddress('instances') }, icon('left'), INSTANCE.back);
  const head = viewHead(place.id, buttons);
  const name = /** @type {HTMLElement} */ (head.firstElementChild);
  const readAt = h('p', { class: 'quiet numeric' });
  const alert = h('p', { class: 'banner', data: { tone: 'bad' }, role: 'alert', hidden: true });
  const bars = skeleton(6);
  const parts = {
    verdict: section(verdictSection),
    details: section(instanceDetails),
    auditLog: section(auditTimeline),
  };
  const content = h(
    'div',
    { class: 'instance-parts', hidden: true },
    Object.values(parts).map(({ element }) => element),
  );
  host.append(back, head, alert, readAt, bars, content);

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const reads = new NewestRead();
  const read = async () => {
    clearTimeout(timer);
    timer = undefined;
    const path = pathOf(place);
    const isNewest = reads.begin();
    try {
      const [record, idle, events] = await Promise.all([
        http.get(path, { signal }),
        http.get(`${path}/idle`, { signal }),
        http.get(`${path}/events`, { signal }),
      ]);
      if (!isNewest()) return;
      shown = record.body;
      setText(name, record.body.name);
      view.setTitle(record.body.name);
      parts.verdict.show({ instance: record.body, idle: idle.body });
      parts.details.show(record.body);
      parts.auditLog.show(events.body.entries);
      setHidden(alert, true);
      setHidden(bars, true);
      setHidden(content, false);
      fill(readAt, INSTANCE.asOf, moment(idle.body.evaluatedAt));
      offer();
    } catch (error) {
      if (!signal.aborted && isNewest()) showFailure(error);
    }
  };
  /** @param {unknown} error */
  const showFailure = (error) => {
    setHidden(bars, true);
    if (shown === null && error instanceof ProblemError && error.status === 404) {
      fill(host, back, viewHead(INSTANCE.title), emptyState(INSTANCE.notFound, INSTANCE.notFoundHint));
      return;
    }
    setHidden(alert, false);
    setText(alert, problemText(error));
  };
  const readSoon = () => {
    timer ??= setTimeout(() => void read(), SETTLE_MS);
  };

  /** @type {Map<import('../fleet/context.js').InstanceAction, HTMLButtonElement>} */
  const made = new Map();
  const offer = () => {
    if (shown === null) return;
    const offered = actions.forPanel(shown);
    for (const action of offered) {
      if (made.has(action)) continue;
      const click = () => {
        if (shown !== null) void action.run(shown);
      };
      const kind = action.isDangerous ? 'button danger' : 'button';
      made.set(action, h('button', { class: kind, type: 'button', on: { click } }, action.text));
    }
    arrange(
      buttons,
      offered.map((action) => /** @type {HTMLButtonElement} */ (made.get(action))),
    );
  };

  onTick((nowMs) => tickMoments(host, nowMs), signal);
  fleet.onEvent((type, data) => {
    const isThis = data.instanceId === place.id || data.instanceId === shown?.id;
    if (isThis || type === 'list' || type === 'restored') readSoon();
  }, signal);
  // What is evaluated changes by time alone.
  fleet.onRefresh(readSoon, signal);
  signal.addEventListener('abort', () => clearTimeout(timer));
  return { shown: read() };
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
    h('h2', {}, INSTANCE.happened),
    entries.length === 0
      ? h('p', { class: 'quiet' }, INSTANCE.nothing)
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
