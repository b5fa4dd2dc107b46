import { endLeaseAndReport, ignoreAndReport, sendAndReport } from './fleet/commands.js';
import * as objections from './fleet/objections.js';
import { ACTIONS, BULK_ACTIONS, FLEET_ACTIONS, OBJECTIONS } from './fleet/words.js';
import { viewAddress } from './routing/links.js';

/**
 * The table of all that can be done from the page: for each action its text, who may, when it applies, what it asks before,
 * and what it does. Rows, menus, the bar of a selection and the view of an instance show what stands here.
 *
 * @typedef {import('./fleet/context.js').AppContext} AppContext
 * @typedef {import('./fleet/context.js').Actions} Actions
 * @typedef {import('./fleet/context.js').InstanceAction} InstanceAction
 * @typedef {import('./fleet/context.js').InstanceActionName} InstanceActionName
 * @typedef {import('./fleet/context.js').BulkAction} BulkAction
 * @typedef {import('./net/api-types.js').Instance} Instance
 *
 * @typedef {object} InstanceLine
 * @property {string} text of its button; `…` where it asks first
 * @property {import('./net/api-types.js').MeView['role']} role the least that a key must have
 * @property {(instance: Instance) => string} objection why it does not apply, to be read after the name; empty when it does
 * @property {Effect<Instance>} does
 * @property {boolean} [isDangerous]
 * @property {boolean} [isOnViewOnly] offered where one instance fills the view, and not in a row
 * @property {import('./fleet/context.js').BulkTexts} [bulk] where it can be asked of several at once, after one question
 *
 * @typedef {object} FleetLine
 * @property {string} text
 * @property {import('./net/api-types.js').MeView['role']} role
 * @property {(me: import('./net/api-types.js').MeView) => boolean} [isThere]
 * @property {Effect<void>} does
 */

/**
 * @template Target
 * @typedef {object} Effect
 * @property {() => Promise<unknown>} load the dialog that asks before, in advance
 * @property {(context: AppContext, target: Target) => Promise<void>} run
 */

/** In this order they stand in a menu: what cannot be undone is last. @type {Readonly<Record<InstanceActionName, InstanceLine>>} */
const INSTANCE_ACTIONS = {
  adopt: {
    text: ACTIONS.adopt,
    role: 'operator',
    objection: objections.ofAdopt,
    does: asking(
      () => import('./instances/confirm-dialogs.js'),
      ({ openAdopt }, context, instance) => openAdopt(context, instance),
    ),
    bulk: { action: 'adopt', ...BULK_ACTIONS.adopt, asks: 'nothing' },
  },
  ignore: {
    text: ACTIONS.ignore,
    role: 'operator',
    objection: objections.ofIgnore,
    does: { load: () => Promise.resolve(), run: ignoreAndReport },
    bulk: { action: 'ignore', ...BULK_ACTIONS.ignore, asks: 'nothing' },
  },
  start: {
    text: ACTIONS.start,
    role: 'operator',
    objection: (instance) =>
      objections.ofMachine(instance) || (instance.desired === 'running' ? OBJECTIONS.started : ''),
    does: sending('start'),
    bulk: { action: 'start', ...BULK_ACTIONS.start, asks: 'nothing' },
  },
  stop: {
    text: ACTIONS.stop,
    role: 'operator',
    objection: (instance) =>
      objections.ofMachine(instance) || (instance.desired === 'stopped' ? OBJECTIONS.stopped : ''),
    does: sending('stop'),
    bulk: { action: 'stop', ...BULK_ACTIONS.stop, asks: 'nothing' },
  },
  restart: {
    text: ACTIONS.restart,
    role: 'operator',
    objection: objections.ofRestart,
    does: sending('restart'),
    bulk: { action: 'restart', ...BULK_ACTIONS.restart, asks: 'nothing' },
  },
  keepBusy: {
    text: ACTIONS.keepBusy,
    role: 'operator',
    objection: (instance) =>
      objections.ofSettings(instance) ||
      (instance.desired === 'running' || instance.autoStop.lease !== undefined ? '' : OBJECTIONS.notToRun),
    does: asking(
      () => import('./auto-stop/keep-busy-dialog.js'),
      ({ openKeepBusy }, context, instance) => openKeepBusy(context, instance),
    ),
    bulk: { action: 'keepBusy', ...BULK_ACTIONS.keepBusy, asks: 'lease' },
  },
  endLease: {
    text: ACTIONS.endLease,
    role: 'operator',
    objection: objections.ofEndLease,
    does: { load: () => Promise.resolve(), run: endLeaseAndReport },
    isOnViewOnly: true,
  },
  autoStop: {
    text: ACTIONS.autoStop,
    role: 'operator',
    objection: objections.ofSettings,
    does: asking(
      () => import('./auto-stop/settings-dialog.js'),
      ({ openAutoStopSettings }, context, instance) => openAutoStopSettings(context, instance),
    ),
    bulk: { action: 'autoStop', ...BULK_ACTIONS.autoStop, asks: 'autoStop' },
  },
  createLike: {
    text: ACTIONS.createLike,
    role: 'operator',
    objection: () => '',
    does: asking(
      () => import('./instance/create-like.js'),
      ({ openCreateLike }, context, instance) => openCreateLike(context, instance),
    ),
    isOnViewOnly: true,
  },
  notify: {
    text: ACTIONS.notify,
    role: 'viewer',
    objection: ({ status }) => (status === 'terminated' ? OBJECTIONS.gone : ''),
    does: asking(
      () => import('./notices/notice-dialog.js'),
      ({ openNoticesOf }, context, instance) => openNoticesOf(context, instance),
    ),
    isOnViewOnly: true,
  },
  explain: {
    text: ACTIONS.explain,
    role: 'viewer',
    objection: () => '',
    does: {
      load: () => Promise.resolve(),
      run: ({ router }, { id }) => router.go(viewAddress('instance', { id })),
    },
  },
  delete: {
    text: ACTIONS.delete,
    role: 'operator',
    objection: objections.ofMachine,
    does: asking(
      () => import('./instances/confirm-dialogs.js'),
      ({ openConfirmDelete }, context, instance) => openConfirmDelete(context, instance),
    ),
    isDangerous: true,
    bulk: { action: 'delete', ...BULK_ACTIONS.delete, asks: 'count' },
  },
};

/** @type {Readonly<Record<import('./fleet/context.js').FleetActionName, FleetLine>>} */
const FLEET_LINES = {
  create: {
    text: FLEET_ACTIONS.create,
    role: 'operator',
    does: asking(
      () => import('./create/create-dialog.js'),
      ({ openCreate }, context) => openCreate(context),
    ),
  },
  stopAll: {
    text: FLEET_ACTIONS.stopAll,
    role: 'operator',
    does: asking(
      () => import('./instances/stop-all-dialog.js'),
      ({ openStopAll }, context) => openStopAll(context),
    ),
  },
  syncNow: {
    text: FLEET_ACTIONS.syncNow,
    role: 'operator',
    does: asking(
      () => import('./sync/sync-dialog.js'),
      ({ openSyncNow }, context) => openSyncNow(context),
    ),
  },
  showMetrics: {
    text: FLEET_ACTIONS.showMetrics,
    role: 'viewer',
    does: asking(
      () => import('./service/metrics-and-queues.js'),
      ({ openMetrics }, context) => openMetrics(context),
    ),
  },
  showQueues: {
    text: FLEET_ACTIONS.showQueues,
    role: 'admin',
    isThere: ({ queues }) => queues,
    does: asking(
      () => import('./service/metrics-and-queues.js'),
      ({ openQueues }, context) => openQueues(context),
    ),
  },
};

/** The most likely wants for an instance in a status. @type {Readonly<Record<Instance['status'], readonly InstanceActionName[]>>} */
const LIKELY = {
  creating: ['stop'],
  created: ['stop'],
  starting: ['stop'],
  running: ['stop'],
  health_checking: ['stop'],
  ready: ['stop'],
  stopping: ['explain'],
  stopped: ['start'],
  restarting: ['stop'],
  migrating: ['explain'],
  deleting: ['explain'],
  terminated: ['explain'],
  failed: ['start', 'explain'],
};

const NAMES = /** @type {readonly InstanceActionName[]} */ (Object.keys(INSTANCE_ACTIONS));

/**
 * The actions as the views get them.
 *
 * @param {import('./fleet/context.js').ContextParts} parts
 * @returns {Actions}
 */
export function createActions(parts) {
  const { session, toasts } = parts;
  /** @param {() => Promise<void>} work loads a dialog, which fails while the API is away */
  const guarded = (work) => work().catch((/** @type {unknown} */ error) => toasts.failure(error));
  /** @type {Actions['ofFleet']} */
  const ofFleet = (name) => {
    const { text, role, isThere = () => true, does } = FLEET_LINES[name];
    if (!session.may(role) || !isThere(session.me)) return null;
    return { text, run: () => guarded(() => does.run(context, undefined)) };
  };
  /** @param {InstanceActionName} name @returns {InstanceAction} */
  const ofInstance = (name) => {
    const { text, does, isDangerous = false } = INSTANCE_ACTIONS[name];
    return { name, text, isDangerous, run: (instance) => guarded(() => does.run(context, instance)) };
  };
  const byName = new Map(NAMES.map((name) => [name, ofInstance(name)]));
  /** @param {readonly InstanceActionName[]} names */
  const these = (names) => names.flatMap((name) => byName.get(name) ?? []);
  /** @type {Actions} */
  const actions = {
    forRow: (instance) => {
      const { main, more } = rowActions(instance, session);
      return { main: these(main), more: these(more) };
    },
    forView: (instance) => these(applicableOnView(instance, session)),
    verbs: NAMES.filter((name) => session.may(INSTANCE_ACTIONS[name].role)).map((name) => INSTANCE_ACTIONS[name].text),
    forSelection: bulkActions(session, (action, target) =>
      guarded(async () => (await loadBulkDialog()).openBulkDialog(parts, action, target)),
    ),
    explain: ofInstance('explain'),
    ofFleet,
  };
  const context = { ...parts, actions };
  return actions;
}

/** Loads all dialogs, so that a press opens one at once, also while the API is away. */
export async function loadDialogs() {
  const lines = [...Object.values(INSTANCE_ACTIONS), ...Object.values(FLEET_LINES)];
  const keys = [import('./palette/palette.js'), import('./palette/keys-dialog.js')];
  await Promise.all([loadBulkDialog(), ...keys, ...lines.map(({ does }) => does.load())]);
}

/**
 * The actions of a row. A key that may not command gets the explanation alone.
 *
 * @param {Instance} instance
 * @param {Pick<import('./session/session.js').Session, 'may'>} session
 * @returns {{readonly main: readonly InstanceActionName[], readonly more: readonly InstanceActionName[]}}
 */
export function rowActions(instance, session) {
  const possible = applicable(instance, session);
  /** @type {readonly InstanceActionName[]} */
  const likely = instance.origin === 'discovered' ? ['adopt'] : LIKELY[instance.status];
  const main = likely.filter((name) => possible.includes(name));
  const rest = possible.filter((name) => !main.includes(name));
  // A menu for one thing is a detour.
  return rest.length === 1 && main.length < 2 ? { main: [...main, ...rest], more: [] } : { main, more: rest };
}

/**
 * The actions that apply to an instance as it stands, by the rules of the API. This only spares useless buttons: the API
 * decides again, by what it knows then.
 *
 * @param {Instance} instance
 * @param {Pick<import('./session/session.js').Session, 'may'>} session
 */
export function applicable(instance, session) {
  return applicableOnView(instance, session).filter((name) => INSTANCE_ACTIONS[name].isOnViewOnly !== true);
}

/**
 * As `applicable`, with what is offered only where one instance fills the view.
 *
 * @param {Instance} instance
 * @param {Pick<import('./session/session.js').Session, 'may'>} session
 */
export function applicableOnView(instance, session) {
  return NAMES.filter((name) => {
    const { role, objection } = INSTANCE_ACTIONS[name];
    return session.may(role) && objection(instance) === '';
  });
}

/**
 * The actions that can be asked of several instances at once.
 *
 * @param {Pick<import('./session/session.js').Session, 'may'>} session
 * @param {(action: BulkAction, target: import('./fleet/context.js').BulkTarget) => Promise<void>} ask
 * @returns {readonly BulkAction[]}
 */
export function bulkActions(session, ask) {
  return NAMES.flatMap((name) => {
    const { role, objection, bulk } = INSTANCE_ACTIONS[name];
    if (bulk === undefined || !session.may(role)) return [];
    /** @type {BulkAction} */
    const action = { ...bulk, objection, run: (target) => ask(action, target) };
    return [action];
  });
}

/**
 * An action that asks nothing: no disk is lost by it.
 *
 * @param {import('./fleet/commands.js').Command} command
 * @returns {Effect<Instance>}
 */
function sending(command) {
  return {
    load: () => Promise.resolve(),
    run: (context, instance) => sendAndReport(context, command, instance),
  };
}

/**
 * An action that opens a dialog first. Nobody opens one before the fleet is shown, so it is loaded after the first view.
 *
 * @template Module
 * @template Target
 * @param {() => Promise<Module>} load
 * @param {(module: Module, context: AppContext, target: Target) => void | Promise<void>} open
 * @returns {Effect<Target>}
 */
function asking(load, open) {
  return { load, run: async (context, target) => open(await load(), context, target) };
}

function loadBulkDialog() {
  return import('./instances/bulk-dialog.js');
}
