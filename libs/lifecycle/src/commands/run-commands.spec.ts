import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { CALLER, problemOf, setUp } from '../../test/fakes/command-world.js';
import { at, NOVITA_ID } from '../../test/fakes/observations.js';

describe('run', () => {
  it('accepts a stop, says already for the second, and asks for one reconcile', async () => {
    const { runs, put, queue } = setUp();
    const { id } = put('ready');
    expect(await runs.run('stop', id, CALLER)).toMatchObject({
      outcome: 'accepted',
      stored: { record: { status: 'stopping' } },
    });
    expect(await runs.run('stop', NOVITA_ID, CALLER)).toMatchObject({ outcome: 'already' });
    expect(queue.enqueued).toHaveLength(1);
  });

  it.each([
    ['stop', 'ready', 1],
    ['delete', 'ready', 1],
    ['start', 'stopped', 0],
    ['restart', 'ready', 0],
  ] as const)('asks for a %s of what is %s with %i urgent job', async (command, status, urgent) => {
    const { runs, put, queue } = setUp();
    const { id } = put(status);
    await runs.run(command, id, CALLER);
    expect(queue.enqueued).toHaveLength(1);
    expect(queue.urgent).toHaveLength(urgent);
  });

  it('begins a new idle time with a start, in the name of whoever started it', async () => {
    const { runs, put, store } = setUp();
    const { id } = put('stopped');
    expect((await runs.run('start', id, CALLER)).stored.lastUsedAt).toBe(at(0));
    expect(await store.idle.lastUsedBy(id)).toBe('user:ci');
  });

  it('refuses what it does not know, another revision, and a contradiction', async () => {
    const { runs, put } = setUp();
    const { id } = put('deleting');
    expect((await problemOf(runs.run('stop', anInstance().id, CALLER))).type).toMatchObject({
      code: 'instance-not-found',
      status: 404,
    });
    expect((await problemOf(runs.run('delete', id, CALLER, { ifRevision: 7 }))).type).toMatchObject({
      code: 'revision-mismatch',
      status: 412,
    });
    const busy = await problemOf(runs.run('start', id, CALLER));
    expect(busy.type).toMatchObject({ code: 'instance-busy', status: 409 });
    expect(busy.details.extensions).toMatchObject({ instanceStatus: 'deleting' });
  });
});

describe('runByName', () => {
  it('refuses to choose between two, and names them', async () => {
    const { runs, put } = setUp();
    const both = [put('ready', { name: 'twin' }), put('stopped', { name: 'twin', novitaInstanceId: null })];
    const { type, details } = await problemOf(runs.runByName('stop', 'twin', CALLER));
    expect(type).toMatchObject({ code: 'name-not-unique', status: 409 });
    expect(details.extensions).toMatchObject({ candidates: both.map(({ id, status }) => ({ id, status })) });
  });

  it('does not count those that are gone', async () => {
    const { runs, put } = setUp();
    put('terminated', { name: 'train' });
    const { id } = put('ready', { name: 'train' });
    expect((await runs.runByName('stop', 'train', CALLER)).stored.record.id).toBe(id);
    expect((await problemOf(runs.runByName('stop', 'other', CALLER))).type.code).toBe('instance-not-found');
  });
});
