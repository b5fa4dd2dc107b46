/** The words of the view of the sync. */
export const SYNC = {
  title: 'Sync',
  history: 'Earlier runs',
  none: 'No run is recorded yet.',
  columns: { begun: 'Begun', why: 'Begun by', result: 'Result', took: 'Took', changes: 'Changes' },
  triggers: { startup: 'Start of the service', schedule: 'Schedule', manual: 'By hand', retry: 'Another try' },
  completed: 'Completed',
  failed: 'Failed',
  held: 'Held',
  unchanged: 'Nothing changed',
  changes: {
    created: 'new',
    updated: 'updated',
    adopted: 'adopted',
    removed: 'removed',
    markedTerminated: 'gone',
    leftMissing: 'missing',
  },
};
