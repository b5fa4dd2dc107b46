/** The words of the view of what happens in the fleet. */
export const ACTIVITY = {
  title: 'Activity',
  waiting: 'Nothing has happened since this page was opened.',
  waitingHint: 'Every event of the fleet appears here as it happens.',
  /** @type {Readonly<Record<string, string>>} */
  events: {
    'instance.created': 'was created',
    'instance.starting': 'is starting',
    'instance.running': 'runs',
    'instance.health_checking': 'is being probed',
    'instance.ready': 'is ready',
    'instance.stopping': 'is stopping',
    'instance.stopped': 'has stopped',
    'instance.auto_stopped': 'was stopped as idle',
    'instance.restarting': 'is restarting',
    'instance.migrating': 'is being migrated',
    'instance.migrated': 'was migrated',
    'instance.deleting': 'is being deleted',
    'instance.terminated': 'is gone',
    'instance.failed': 'failed',
    'instance.auto_stop_warning': 'will be stopped soon unless it is used',
    'instance.unconfirmed': 'waits for Novita to agree',
    'instance.orphan_detected': 'was found at Novita and is not managed here',
    'instance.removed': 'was removed',
  },
};
