import { randomUUID } from 'node:crypto';
import { SYNC_FLEET } from '@app/jobs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { anOrder } from '../../test/fakes/run-world.js';
import { SYNC_KINDS } from '../sync-kinds.js';
import { orderOf, payloadOf, runIdOfJob } from './order-payload.js';

describe('the payload of an order', () => {
  it.each([
    anOrder(),
    anOrder({ dryRun: true, forceSync: true, resources: ['instances', 'jobs'] }),
    anOrder({ trigger: 'retry', requestedBy: 'sync', retry: 3, handleObsoleteInstances: false }),
  ])('is what the order is made of again', (order) => {
    const payload = payloadOf(order);
    expect(validateSync(plainToInstance(SYNC_FLEET.payload, payload))).toEqual([]);
    expect(orderOf(payload, 'some job')).toEqual(order);
  });

  it('of an automatic run is always the same, for the schedule', () => {
    expect(payloadOf({ trigger: 'schedule' })).toEqual(payloadOf({ trigger: 'schedule' }));
    expect(validateSync(plainToInstance(SYNC_FLEET.payload, payloadOf({ trigger: 'schedule' })))).toEqual([]);
    expect(orderOf(payloadOf({ trigger: 'schedule' }), 'j')).toMatchObject({
      resources: SYNC_KINDS,
      requestedBy: 'sync',
      handleObsoleteInstances: true,
      forceSync: false,
      dryRun: false,
    });
  });

  it('leaves kinds alone that a newer process may know', () => {
    expect(orderOf({ ...payloadOf(anOrder()), resources: 'jobs,moons' }, 'j').resources).toEqual(['jobs']);
  });
});

describe('the name of an unnamed run', () => {
  it('has the form of a ULID and follows from the job', () => {
    const jobs = Array.from({ length: 200 }, () => randomUUID());
    for (const job of jobs) expect(runIdOfJob(job)).toMatch(/^0[0-9A-HJKMNP-TV-Z]{25}$/);
    expect(runIdOfJob('repeat:sync:1')).toBe(runIdOfJob('repeat:sync:1'));
    expect(new Set(jobs.map(runIdOfJob)).size).toBe(jobs.length);
  });
});
