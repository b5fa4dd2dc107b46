/** The statuses of instances. @type {Readonly<Record<import('./status.js').InstanceStatus, string>>} */
export const STATUS_NAMES = {
  creating: 'Creating',
  created: 'Created',
  starting: 'Starting',
  running: 'Running',
  health_checking: 'Probing',
  ready: 'Ready',
  stopping: 'Stopping',
  stopped: 'Stopped',
  restarting: 'Restarting',
  migrating: 'Migrating',
  deleting: 'Deleting',
  terminated: 'Terminated',
  failed: 'Failed',
};

/** Why auto-stop does nothing, to be read after a colon. */
export const WITHOUT_REDIS = 'Redis is away';
export const WITHOUT_WORKER = 'no worker is running';

/** Why a command does not apply, to be read after the name of the instance. */
export const OBJECTIONS = {
  managed: 'it is managed here',
  noId: 'it has no id at Novita yet',
  ignored: 'it is ignored already',
  gone: 'it is gone already',
  leaving: 'it is being deleted',
  elsewhere: 'it was made elsewhere; adopt it first',
  migrating: 'it is being migrated',
  notRunning: 'it does not run',
  notBusy: 'nobody keeps it busy',
  started: 'it is started or starting already',
  stopped: 'it is stopped or stopping already',
  notToRun: 'it is not to run',
};

/** The commands to one instance. @type {Readonly<Record<import('./context.js').InstanceActionName, string>>} */
export const ACTIONS = {
  adopt: 'Adopt…',
  ignore: 'Ignore',
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  keepBusy: 'Keep busy for…',
  endLease: 'End keeping busy',
  autoStop: 'Auto-stop settings…',
  createLike: 'Create one like this…',
  notify: 'Notify me…',
  explain: 'Why?',
  delete: 'Delete…',
};

/** The commands to several instances at once: what is done with them, and what it means. */
export const BULK_ACTIONS = {
  adopt: { verb: 'Adopt', note: 'From now on they are managed here.' },
  ignore: { verb: 'Ignore', note: 'They go on running and costing what they cost.' },
  start: { verb: 'Start', note: 'A start is done when an instance says ready.' },
  stop: { verb: 'Stop', note: 'A stop is done when Novita agrees.' },
  restart: { verb: 'Restart', note: 'What runs in them is ended and begun anew.' },
  keepBusy: { verb: 'Keep busy', note: 'Until then they are not stopped as idle.' },
  autoStop: { verb: 'Set auto-stop of', note: 'It takes the place of what each has now.' },
  delete: {
    verb: 'Delete',
    note: 'Their disks are deleted at Novita with all that is on them. This cannot be undone.',
  },
};

/** The commands that concern no single instance. @type {Readonly<Record<import('./context.js').FleetActionName, string>>} */
export const FLEET_ACTIONS = {
  create: 'Create…',
  stopAll: 'Stop all…',
  syncNow: 'Sync now',
  showMetrics: 'Metrics',
  showQueues: 'Queues',
};

/** What came of a command that the API says nothing of. */
export const RESULTS = { ignored: 'It is ignored from now on' };
