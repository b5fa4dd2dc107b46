/**
 * The way of an instance as a short line of steps: what is done and when, what goes on now, and what is still to come.
 */

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../net/api-types.js').InstanceStatus} Status
 * @typedef {'asked' | 'made' | 'started' | 'answering' | 'ready' | 'moved' | 'stopAsked' | 'stopped' | 'deleteAsked' | 'deleted'} StepName
 *
 * @typedef {object} Step
 * @property {StepName} name
 * @property {'done' | 'now' | 'next' | 'failed'} state
 * @property {string} [at] when it was done or failed; absent when that is not known
 * @property {string} [by] who asked for it
 * @property {{readonly ok: number, readonly all: number}} [ports] of those that are probed
 * @property {string} [novita] Novita's own word, while it goes on
 */

/** How many steps of a start are behind an instance in a status; null where its times say it. @type {Readonly<Record<Status, number | null>>} */
const BEHIND = {
  creating: 1,
  created: 2,
  starting: 2,
  restarting: 2,
  running: 3,
  health_checking: 3,
  ready: 5,
  migrating: null,
  stopping: null,
  stopped: null,
  deleting: null,
  terminated: null,
  failed: null,
};

/**
 * @param {Instance} instance
 * @returns {readonly Step[]}
 */
export function stepsOf(instance) {
  const { desired, status, origin } = instance;
  if (origin === 'discovered') return foreignSteps(instance);
  const start = startSteps(instance);
  if (status === 'failed') return withFailure(start, instance);
  const moved = movedStep(instance);
  if (desired === 'running') return [...start, ...moved];
  // Steps of the start that never came are no longer to come.
  const done = start.filter(({ state }) => state === 'done');
  return [...done, ...moved.filter(({ state }) => state === 'done'), ...endSteps(instance)];
}

/** Of one made elsewhere nobody here knows who asked for it, and nothing is probed. @param {Instance} instance @returns {readonly Step[]} */
function foreignSteps({ status, createdAt, startedAt, stoppedAt, terminatedAt }) {
  /** @type {Step[]} */
  const steps = [{ name: 'made', state: 'done', at: createdAt }];
  if (startedAt !== undefined) steps.push({ name: 'started', state: 'done', at: startedAt });
  if (status === 'stopped') steps.push({ name: 'stopped', state: 'done', ...(stoppedAt && { at: stoppedAt }) });
  if (status === 'terminated')
    steps.push({ name: 'deleted', state: 'done', ...(terminatedAt && { at: terminatedAt }) });
  return steps;
}

/** @param {Instance} instance @returns {readonly Step[]} */
function startSteps(instance) {
  const { status, createdAt, createdBy, desired, desiredAt, desiredBy, startedAt, readyAt, probes = [] } = instance;
  const isStarting = BEHIND[status] !== null && status !== 'ready';
  // A start that came after a stop began when it was asked for.
  const asked = isStarting && desired === 'running' ? desiredAt : createdAt;
  const by = isStarting && desired === 'running' ? desiredBy : createdBy;
  const behind = BEHIND[status] ?? timesBehind(instance);
  const ports = probes.length === 0 ? {} : { ports: { ok: probes.filter(({ ok }) => ok).length, all: probes.length } };
  const answered = probes
    .map(({ at }) => at)
    .toSorted()
    .at(-1);
  /** @type {readonly Omit<Step, 'state'>[]} */
  const steps = [
    { name: 'asked', at: asked, ...(by === undefined ? {} : { by }) },
    { name: 'made' },
    { name: 'started', ...(startedAt === undefined ? {} : { at: startedAt }) },
    { name: 'answering', ...(answered === undefined ? {} : { at: answered }), ...ports },
    { name: 'ready', ...(readyAt === undefined ? {} : { at: readyAt }) },
  ];
  return steps.map((step, index) => {
    if (index < behind) return { ...step, state: 'done' };
    const { at: _, ...coming } = step;
    if (index > behind) return { ...coming, state: 'next' };
    const { novitaStatus } = instance;
    return { ...coming, state: 'now', ...(novitaStatus === undefined ? {} : { novita: novitaStatus }) };
  });
}

/**
 * How far it came, by what is known of it: of a start that failed, only times after it was asked for count.
 *
 * @param {Instance} instance
 */
function timesBehind({ status, desired, desiredAt, novitaInstanceId, startedAt, readyAt }) {
  /** @param {string | undefined} at */
  const counts = (at) => at !== undefined && (status !== 'failed' || desired !== 'running' || at >= desiredAt);
  if (counts(readyAt)) return 5;
  if (counts(startedAt)) return 3;
  return novitaInstanceId === undefined ? 1 : 2;
}

/** @param {Instance} instance @returns {readonly Step[]} */
function movedStep({ migration, migratedAt, status }) {
  if (status === 'migrating' || (migration !== undefined && !['done', 'superseded'].includes(migration.state))) {
    return [{ name: 'moved', state: migration?.state === 'failed' ? 'failed' : 'now' }];
  }
  return migratedAt === undefined ? [] : [{ name: 'moved', state: 'done', at: migratedAt }];
}

/** @param {Instance} instance @returns {readonly Step[]} */
function endSteps({ desired, desiredAt, desiredBy, status, stoppedAt, terminatedAt, novitaStatus }) {
  const isDelete = desired === 'deleted';
  const isDone = status === 'terminated' || (!isDelete && status === 'stopped');
  const at = isDelete || status === 'terminated' ? terminatedAt : stoppedAt;
  return [
    { name: isDelete ? 'deleteAsked' : 'stopAsked', state: 'done', at: desiredAt, by: desiredBy },
    {
      name: isDelete || status === 'terminated' ? 'deleted' : 'stopped',
      state: isDone ? 'done' : 'now',
      ...(isDone && at !== undefined ? { at } : {}),
      ...(isDone || novitaStatus === undefined ? {} : { novita: novitaStatus }),
    },
  ];
}

/** @param {readonly Step[]} steps @param {Instance} instance @returns {readonly Step[]} */
function withFailure(steps, { lastError }) {
  const first = steps.findIndex(({ state }) => state !== 'done');
  const failed = first === -1 ? steps.length - 1 : first;
  return steps.slice(0, failed + 1).map((step, index) => {
    if (index < failed) return step;
    const { at: _, ...kept } = step;
    return { ...kept, state: 'failed', ...(lastError === undefined ? {} : { at: lastError.at }) };
  });
}
