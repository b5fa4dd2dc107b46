export const INSTANCE_STATUSES = [
  'creating',
  'created',
  'starting',
  'running',
  'health_checking',
  'ready',
  'stopping',
  'stopped',
  'restarting',
  'migrating',
  'deleting',
  'terminated',
  'failed',
] as const;

export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];
