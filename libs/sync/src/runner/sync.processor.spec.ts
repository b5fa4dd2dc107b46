import { timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { anOrder, FakePass, NEVER, RunWorld, TTL_MS } from '../../test/fakes/run-world.js';
import { payloadOf, runIdOfJob } from '../schedule/sync-jobs.js';
import { SyncProcessor } from './sync.processor.js';

Logger.overrideLogger(false);

describe('a job of the sync', () => {
  let world: RunWorld;
  let pass: FakePass;
  let processor: SyncProcessor;
  const context = (jobId = 'job-1', signal = NEVER) => ({ jobId, signal, attempt: 1 });

  beforeEach(() => {
    world = new RunWorld();
    pass = new FakePass();
    pass.work = async () => {
      pass.found = {
        verdict: { clean: true, reason: null, startedAt: world.clock.timestamp(), total: 0, distinct: 0, pages: 1 },
      };
    };
    processor = new SyncProcessor(world.runner(pass), world.status, world.notes, world.clock, world.options);
  });

  it('is one run, whichever worker takes it', async () => {
    expect(await processor.handle(payloadOf({ trigger: 'startup' }), context('job-7'))).toBeUndefined();
    expect(await world.status.history(9)).toMatchObject([
      { runId: runIdOfJob('job-7'), trigger: 'startup', requestedBy: 'sync', outcome: 'completed' },
    ]);
  });

  it('by the schedule gives those who know the fleet time to write back what an emptied store has lost', async () => {
    const scheduled = (job: string) => processor.handle(payloadOf({ trigger: 'schedule' }), context(job));
    expect(await scheduled('a')).toEqual({ runAgainInMs: 8_000 });
    world.clock.advance(5_000);
    expect(await scheduled('a')).toEqual({ runAgainInMs: 3_000 });
    expect(pass.contexts).toHaveLength(0);
    world.clock.advance(3_000);
    expect(await scheduled('a')).toBeUndefined();
    expect(pass.contexts).toHaveLength(1);
    world.clock.advance(60_000);
    expect(await scheduled('b')).toBeUndefined();
    expect(pass.contexts).toHaveLength(2);
  });

  it('of a second worker that starts is left alone', async () => {
    const unlessRunSince = world.clock.now();
    for (const job of ['a', 'b'])
      await processor.handle(payloadOf({ trigger: 'startup', unlessRunSince }), context(job));
    expect(pass.contexts).toHaveLength(1);
  });

  it('is not run by the schedule while the sync is paused; by hand it is', async () => {
    await world.status.setPaused({ since: timestampFromMs(1), by: 'user:ops' });
    await processor.handle(payloadOf({ trigger: 'schedule' }), context('a'));
    await processor.handle(payloadOf({ trigger: 'retry', retry: 1 }), context('b'));
    expect(pass.contexts).toHaveLength(0);
    await processor.handle(payloadOf(anOrder()), context('c'));
    expect(pass.contexts).toHaveLength(1);
  });

  it('is not run again after its end', async () => {
    const payload = payloadOf(anOrder());
    for (let taken = 0; taken < 2; taken += 1) await processor.handle(payload, context());
    expect(pass.contexts).toHaveLength(1);
  });

  describe('that finds the lock taken', () => {
    const hold = (purpose: string, remainingMs = TTL_MS) =>
      world.memoryLocks.acquire('sync', { owner: 'other', purpose, ttlMs: remainingMs });

    it('informs the caller that waits for it', async () => {
      await hold('another');
      const order = anOrder();
      expect(await processor.handle(payloadOf(order), context())).toBeUndefined();
      expect(await world.notes.result(order.runId)).toMatchObject({ kind: 'busy', holder: { owner: 'other' } });
      expect((await world.status.read()).run.runId).toBeNull();
    });

    it('ends when the schedule has made it and the other one lives', async () => {
      await hold('another');
      expect(await processor.handle(payloadOf({ trigger: 'retry' }), context())).toBeUndefined();
    });

    it('comes again when its own dead worker holds it', async () => {
      await hold(runIdOfJob('job-1'), 18_000);
      const payload = payloadOf({ trigger: 'retry' });
      expect(await processor.handle(payload, context())).toEqual({ runAgainInMs: 18_250 });
    });

    it('comes again when a worker that died holds it', async () => {
      await hold('another', 9_000);
      expect(await processor.handle(payloadOf({ trigger: 'retry' }), context())).toEqual({ runAgainInMs: 9_250 });
    });
  });

  it('comes again when its run lost the lock', async () => {
    pass.work = async ({ signal }) => {
      world.clock.advance(TTL_MS + 1);
      await world.memoryLocks.acquire('sync', { owner: 'other', purpose: 'x', ttlMs: TTL_MS });
      await world.status.publish('sync.progress', (await world.status.read()).run, {
        name: 'sync',
        fence: 1,
        token: 'no',
      });
      signal.throwIfAborted();
    };
    expect(await processor.handle(payloadOf({ trigger: 'retry' }), context())).toEqual({ runAgainInMs: 1_000 });
  });
});
