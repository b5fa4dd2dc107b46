import { whyCard } from '../auto-stop/why-card.js';
import { WHY } from '../auto-stop/words.js';
import { pathOf } from '../fleet/commands.js';
import { afterAnswer, afterEvent } from '../fleet/known-instance.js';
import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { isStoreAway, ProblemError, problemSummary, problemText } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { fill, h } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { emptyState, viewHead } from '../ui/parts.js';
import { Store } from '../ui/store.js';
import { tabs } from '../ui/tabs.js';
import { onTick, tickMoments } from '../ui/ticker.js';
import { activityTab } from './activity-tab.js';
import { connectTab } from './connect-tab.js';
import { errorBanner, instanceHead } from './head.js';
import { moneyTab } from './money-tab.js';
import { overviewTab } from './overview-tab.js';
import { settingsTab } from './settings-tab.js';
import { metricsPath, periodNamed, utilisationTab } from './utilisation-tab.js';
import { INSTANCE } from './words.js';

/**
 * One instance: why it is kept or will be stopped, how it stands, how to reach it, what happened to it, what it costs, how
 * busy it is.
 *
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {'overview' | 'connect' | 'activity' | 'money' | 'utilisation' | 'settings'} TabName
 *
 * @typedef {object} InstanceRead the instance as it is known now, and after every change
 * @property {(listener: (instance: KnownInstance) => void, signal: AbortSignal) => void} watch not called before it is known
 * @property {() => KnownInstance} now
 *
 * @typedef {object} TabPlace the choices of a tab in the address
 * @property {(name: string) => string | null} get
 * @property {(name: string, value: string) => void} set empty takes it away
 *
 * @typedef {{readonly update?: () => void} | void} MountedTab
 */

export const title = INSTANCE.title;

/** @type {readonly TabName[]} */
const TABS = ['overview', 'connect', 'activity', 'money', 'utilisation', 'settings'];

const MOST_ENTRIES = 200;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, actions, session, place, signal } = view;
  const path = pathOf(place);
  const known = new Store(/** @type {KnownInstance | null} */ (null));
  /** @param {string} type @param {import('../net/event-stream.js').EventData} data */
  const isThis = (type, data) => isAbout(data, place.id, known.get()) || type === 'list' || type === 'restored';
  /** @type {LiveRead<Instance>} */
  const record = new LiveRead(fleet, path, signal, isThis);
  /** @type {import('./settings-tab.js').IdleRead} */
  const idle = new LiveRead(fleet, `${path}/idle`, signal, isThis);
  /** Read from when it is first needed. @type {import('./activity-tab.js').AuditRead | null} */
  let audit = null;
  const auditRead = () => {
    if (audit !== null) return audit;
    audit = new LiveRead(fleet, `${path}/events?limit=${MOST_ENTRIES}`, signal, isThis);
    audit.state.watch(drawWhy, signal);
    void audit.read();
    return audit;
  };
  /** @type {InstanceRead} */
  const instance = {
    watch: (listener, until) =>
      known.watch((value) => {
        if (value !== null) listener(value);
      }, until),
    now: () => /** @type {KnownInstance} */ (known.get()),
  };

  const why = whyCard({ offered: actions.forView, signal });
  const drawWhy = () => {
    const now = known.get();
    if (now === null) return;
    const { value, problem } = idle.state.get();
    const shown = { instance: now, idle: value, entries: audit?.state.get().value?.entries ?? [] };
    why.show(shown, value === null && problem !== null ? causeOf(problem) : '');
  };

  const head = instanceHead(view, instance);
  const error = errorBanner(instance, signal);
  const tabPlace = placeOf(place);
  /** @type {Partial<Record<TabName, MountedTab>>} */
  const mounted = {};
  /** @type {Readonly<Record<TabName, (tab: HTMLElement) => MountedTab>>} */
  const make = {
    overview: (tab) => overviewTab(tab, { instance, fleet, signal }),
    connect: (tab) => connectTab(tab, instance, session.may('operator'), signal),
    activity: (tab) => activityTab(tab, auditRead(), tabPlace),
    money: (tab) => moneyTab(tab, instance, begun(new LiveRead(fleet, `${path}/spend`, signal, isThis))),
    utilisation: (tab) => {
      const metrics = () => metricsPath(place, periodNamed(tabPlace.get('hours')), Date.now());
      return utilisationTab(tab, {
        instance,
        read: begun(new LiveRead(fleet, metrics, signal)),
        place: tabPlace,
        signal,
      });
    },
    settings: (tab) => settingsTab(tab, { read: instance, idle, actions, signal }),
  };
  const content = h('div', { class: 'stack' }, why.element, error);
  /** @type {ReturnType<typeof tabs<TabName>> | null} */
  let shownTabs = null;
  const showTabs = () => {
    if (shownTabs !== null) return;
    shownTabs = tabs({
      label: INSTANCE.tabs,
      tabs: TABS.map((name) => ({
        name,
        text: INSTANCE.tab[name],
        make: (tab) => {
          mounted[name] = make[name](tab);
        },
      })),
      chosen: tabNamed(place.query().get('tab')),
      onChoose: (name) => tabPlace.set('tab', name === 'overview' ? '' : name),
    });
    content.append(shownTabs.element);
  };

  const back = h('a', { class: 'view-back', href: viewAddress('instances') }, icon('left'), INSTANCE.back);
  const showNotFound = () =>
    fill(host, back, viewHead(INSTANCE.title), emptyState(INSTANCE.notFound, INSTANCE.notFoundHint));
  // Before the view is drawn, whose parts show what is known.
  record.state.watch(({ value, problem }) => {
    if (value !== null) known.update((before) => afterAnswer(before ?? undefined, value));
    else if (problem instanceof ProblemError && problem.status === 404) showNotFound();
  }, signal);
  const body = readView(record, { content, draw: showTabs, failed: INSTANCE.failed });
  host.append(back, head, body);

  idle.state.watch(drawWhy, signal);
  instance.watch((now) => {
    view.setTitle(now.name);
    // Why one was stopped stands in its audit log.
    if (now.desired !== 'running') auditRead();
    drawWhy();
  }, signal);
  fleet.onEvent((_type, data) => {
    const { instance: next } = data;
    const now = known.get();
    if (next !== undefined && now !== null && next.id === now.id) known.set(afterEvent(now, next));
  }, signal);
  onTick((nowMs) => tickMoments(host, nowMs), signal);

  const update = () => {
    const tab = tabNamed(place.query().get('tab'));
    shownTabs?.show(tab);
    mounted[tab]?.update?.();
  };
  return { shown: Promise.all([record.read(), idle.read()]), update };
}

/**
 * @template Value
 * @param {LiveRead<Value>} read
 */
function begun(read) {
  void read.read();
  return read;
}

/** It is read again by itself, so there is nothing to advise. @param {unknown} problem */
function causeOf(problem) {
  if (isStoreAway(problem)) return WHY.storeAway;
  return problem instanceof ProblemError ? problemSummary(problem) : problemText(problem);
}

/** @param {string | null} name of an address, which anybody can write @returns {TabName} */
function tabNamed(name) {
  return TABS.find((tab) => tab === name) ?? 'overview';
}

/**
 * @param {import('../net/event-stream.js').EventData} data
 * @param {string} id of the address: ours or Novita's
 * @param {KnownInstance | null} known
 */
function isAbout({ instanceId }, id, known) {
  return instanceId !== undefined && (instanceId === id || instanceId === known?.id);
}

/** @param {import('../routing/router.js').ViewPlace} place @returns {TabPlace} */
function placeOf(place) {
  return {
    get: (name) => place.query().get(name),
    set: (name, value) => {
      const query = place.query();
      if (value === '') query.delete(name);
      else query.set(name, value);
      const text = query.toString();
      place.setQuery(text === '' ? '' : `?${text}`);
    },
  };
}
