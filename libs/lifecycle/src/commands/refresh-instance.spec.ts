import { NovitaServerFaultError } from '@app/novita-client';
import { aNovitaInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { problemOf, setUp } from '../../test/fakes/command-world.js';
import { at, NOVITA_ID } from '../../test/fakes/observations.js';

describe('refresh', () => {
  const signal = new AbortController().signal;
  const answering = (status: string) => ({
    getInstance: () => Promise.resolve(aNovitaInstance({ id: NOVITA_ID, status })),
  });

  it('writes the observation', async () => {
    const { refreshes, put, queue } = setUp(answering('stopping'));
    const { id } = put('stopping');
    const { record } = await refreshes.refresh(id, signal);
    expect(record).toMatchObject({ status: 'stopping', novitaStatus: 'stopping', observedAt: at(0), source: 'get' });
    expect(queue.enqueued).toEqual([]);
  });

  it('leaves a step that the observation calls for to the workers', async () => {
    const { refreshes, put, queue } = setUp(answering('running'));
    const { id } = put('stopping');
    const { record } = await refreshes.refresh(id, signal);
    expect(record).toMatchObject({
      status: 'stopping',
      novitaStatus: 'running',
      attempts: { commands: 0 },
      deadlines: { nextReconcileAt: at(0) },
    });
    expect(queue.enqueued).toHaveLength(1);
  });

  it('reads nothing before there is an id, and answers a failure with a problem', async () => {
    const { refreshes, put } = setUp({
      getInstance: () => Promise.reject(new NovitaServerFaultError('500', { call: 'get' })),
    });
    const creating = put('creating', { novitaInstanceId: null });
    expect((await refreshes.refresh(creating.id, signal)).record).toEqual(creating);
    const { id } = put('ready');
    expect((await problemOf(refreshes.refresh(id, signal))).type.code).toBe('provider-unavailable');
  });
});
