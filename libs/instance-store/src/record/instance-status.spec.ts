import { describe, expect, it } from 'vitest';
import {
  acceptsDelete,
  acceptsRestart,
  acceptsStart,
  acceptsStop,
  canBeIdle,
  INSTANCE_STATUSES,
  type InstanceStatus,
  isFinal,
  isLive,
  isSettled,
  isStartingUp,
  isTransitional,
  maybeBilling,
} from './instance-status.js';

const those = (question: (status: InstanceStatus) => boolean): InstanceStatus[] => INSTANCE_STATUSES.filter(question);

describe('status predicates', () => {
  it('names what is on its way', () => {
    expect(those(isStartingUp)).toEqual([
      'creating',
      'created',
      'starting',
      'running',
      'health_checking',
      'restarting',
    ]);
    expect(those(isTransitional)).toEqual([
      'creating',
      'created',
      'starting',
      'running',
      'health_checking',
      'stopping',
      'restarting',
      'migrating',
      'deleting',
    ]);
    expect(those(isSettled)).toEqual(['ready', 'stopped', 'terminated', 'failed']);
  });

  it('lets a bill end only where the provider was seen to have ended it', () => {
    expect(INSTANCE_STATUSES.filter((status) => !maybeBilling(status))).toEqual(['stopped', 'terminated']);
    expect(INSTANCE_STATUSES.filter((status) => !isLive(status))).toEqual(['terminated']);
    expect(those(isFinal)).toEqual(['terminated']);
  });

  it('says which commands change something', () => {
    expect(those(acceptsStart)).toEqual(['created', 'stopped', 'failed']);
    expect(those(acceptsStop)).toEqual([
      'creating',
      'created',
      'starting',
      'running',
      'health_checking',
      'ready',
      'restarting',
      'failed',
    ]);
    expect(those(acceptsRestart)).toEqual(['running', 'health_checking', 'ready']);
    expect(INSTANCE_STATUSES.filter((status) => !acceptsDelete(status))).toEqual([
      'migrating',
      'deleting',
      'terminated',
    ]);
  });

  it('counts idleness only for what is up', () => {
    expect(those(canBeIdle)).toEqual(['running', 'ready']);
  });
});
