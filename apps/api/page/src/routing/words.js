/** What the views are called. @type {Readonly<Record<import('./views.js').ViewName, string>>} */
export const VIEW_NAMES = {
  instances: 'Instances',
  overview: 'Overview',
  activity: 'Activity',
  spend: 'Spend',
  sync: 'Sync',
  orphans: 'Orphans',
  cluster: 'Cluster',
  instance: 'Instance',
};
