import { QueueUnavailableError } from '@app/jobs';
import { Problem } from '@app/platform';
import { SyncStatusUnavailableError } from '@app/sync-status';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestsWorld } from '../../test/fakes/requests-world.js';
import { FakePass, NEVER } from '../../test/fakes/run-world.js';
import { SYNC_KINDS, type SyncOptions } from '../model/sync-run.js';
import type { SyncAnswer } from './sync-requests.js';

Logger.overrideLogger(false);

const CALLER = { keyName: 'ci' };
const OPTIONS: SyncOptions = { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS };

let world: RequestsWorld;
let pass: FakePass;
/** Ends the run that is held up. */
let leave: () => void;

/** Every run stays in its listing until it may leave. */
const holdRunsUp = (): Promise<void> => {
  const inside = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  leave = gate.resolve;
  pass.work = () => {
    inside.resolve();
    return gate.promise;
  };
  return inside.promise;
};

const ask = (
  waiting: Partial<{ wait: boolean; patienceMs: number; signal: AbortSignal }> = {},
  options: Partial<SyncOptions> = {},
): Promise<SyncAnswer> =>
  world.requests.run({ ...OPTIONS, ...options }, CALLER, {
    wait: false,
    patienceMs: 60_000,
    signal: NEVER,
    ...waiting,
  });

const problemOf = async (answer: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await answer.then(
    () => new Error('it was not rejected'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw error;
  return error;
};

beforeEach(async () => {
  pass = new FakePass();
  world = new RequestsWorld(pass);
  await world.emitAll();
});

describe('a sync by hand', () => {
  it('is run by a worker, and its report is the answer', async () => {
    const answer = await ask({}, { forceSync: true, resources: ['instances'] });
    expect(answer).toMatchObject({
      kind: 'finished',
      joined: false,
      report: { outcome: 'completed', options: { forceSync: true, resources: ['instances'] } },
    });
    expect(await world.status.history(1)).toMatchObject([{ trigger: 'manual', requestedBy: 'user:ci' }]);
    expect(await world.memoryLocks.holder('sync-request')).toBeNull();
    expect(world.view.listeners.size).toBe(0);
  });

  it('that fails is answered with its report too', async () => {
    world.lists.faults.set('jobs', new Error('500'));
    expect(await ask()).toMatchObject({ kind: 'finished', report: { outcome: 'failed', error: '500 (jobs)' } });
  });

  it('needs a worker that lives', async () => {
    world.workers.alive = false;
    const problem = await problemOf(ask());
    expect(problem.type).toMatchObject({ code: 'no-worker', status: 503 });
    expect(world.queue.enqueued).toEqual([]);
  });

  it('needs the queue', async () => {
    world.workers.alive = new QueueUnavailableError('away');
    expect((await problemOf(ask())).type).toMatchObject({ code: 'sync-unavailable', status: 503 });
    world.workers.alive = true;
    world.queue.available = false;
    expect((await problemOf(ask())).type.code).toBe('sync-unavailable');
    expect(await world.memoryLocks.holder('sync-request')).toBeNull();
  });

  it('goes on when patience ends', async () => {
    const inside = holdRunsUp();
    const answer = await ask({ patienceMs: 30 });
    await inside;
    expect(answer).toEqual({ kind: 'running', runId: (await world.status.read()).run.runId });
    leave();
    await world.working;
    expect(await world.status.history(1)).toHaveLength(1);
  });

  it('goes on when the one who asked has left', async () => {
    const inside = holdRunsUp();
    const client = new AbortController();
    const answer = ask({ signal: client.signal });
    await inside;
    client.abort(new Error('the connection was closed'));
    await expect(answer).rejects.toThrow('the connection was closed');
    leave();
    await world.working;
    expect(await world.status.history(1)).toHaveLength(1);
  });
});

describe('a run that nobody waits for', () => {
  it('is one for all who ask for it at a time', async () => {
    await Promise.all([world.requests.requestRun(), world.requests.requestRun()]);
    await vi.waitFor(async () => expect(await world.status.history(5)).toMatchObject([{ trigger: 'startup' }]));
  });
});

describe('while another sync is under way', () => {
  it('is rejected, with who it is, for how long, and when to come again', async () => {
    const inside = holdRunsUp();
    const first = ask();
    await inside;
    world.clock.advance(12_300);
    await world.emitAll();
    const { type, details } = await problemOf(ask());
    expect(type).toMatchObject({ code: 'sync-in-progress', status: 409 });
    const runId = world.view.current().run.runId;
    expect(details).toMatchObject({
      retryAfterSeconds: 18,
      extensions: { owner: 'worker on node-1, pid 17', runId, ageSeconds: 12, dryRun: false },
    });
    expect(details.detail).toBe('A sync has been under way for 12s, by worker on node-1, pid 17.');
    expect(world.queue.enqueued).toHaveLength(1);
    leave();
    expect((await first).kind).toBe('finished');
  });

  it('of two at the same moment one runs and one is rejected', async () => {
    const answers = await Promise.allSettled([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await world.working;
    expect(await world.status.history(9)).toHaveLength(1);
  });

  it('joins it when it may wait', async () => {
    const inside = holdRunsUp();
    const first = ask();
    await inside;
    const second = ask({ wait: true });
    leave();
    const [one, other] = await Promise.all([first, second]);
    if (one.kind !== 'finished') throw new Error('it did not end');
    expect(other).toEqual({ kind: 'finished', report: one.report, joined: true });
    expect(world.queue.enqueued.filter(({ job }) => job === 'SYNC_FLEET')).toHaveLength(1);
  });

  it('runs after it when it is a dry one', async () => {
    const inside = holdRunsUp();
    const dry = ask({}, { dryRun: true });
    await inside;
    expect((await problemOf(ask())).details.detail).toContain('dry run');
    const real = ask({ wait: true });
    leave();
    expect(await dry).toMatchObject({ report: { options: { dryRun: true } } });
    expect(await real).toMatchObject({ kind: 'finished', joined: false, report: { options: { dryRun: false } } });
  });

  it('runs after one that is over and has not given its lock back yet', async () => {
    const { report } = (await ask()) as Extract<SyncAnswer, { kind: 'finished' }>;
    const lock = { owner: 'other', purpose: report.runId, ttlMs: 9_000 };
    const claimed = await world.memoryLocks.acquire('sync', lock);
    if (!claimed.acquired) throw new Error('the lock is held');
    const looked = vi.spyOn(world.memoryLocks, 'holder');
    const answer = ask();
    await vi.waitFor(() => expect(looked).toHaveBeenCalled());
    await world.memoryLocks.release(claimed.hold);
    expect(await answer).toMatchObject({ kind: 'finished', joined: false });
  });

  it('is rejected all the same when one that is over never gives its lock back', async () => {
    const { report } = (await ask()) as Extract<SyncAnswer, { kind: 'finished' }>;
    await world.memoryLocks.acquire('sync', { owner: 'other', purpose: report.runId, ttlMs: 9_000 });
    vi.useFakeTimers();
    try {
      const problem = problemOf(ask());
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await problem).type.code).toBe('sync-in-progress');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is rejected by the worker when the two requests missed each other', async () => {
    await world.memoryLocks.acquire('sync', { owner: 'other', purpose: 'r', ttlMs: 9_000 });
    vi.spyOn(world.memoryLocks, 'holder').mockResolvedValueOnce(null);
    const { type, details } = await problemOf(ask());
    expect(type.code).toBe('sync-in-progress');
    expect(details).toMatchObject({ retryAfterSeconds: 9, extensions: { owner: 'other', runId: 'r' } });
  });
});

describe('the end of a run', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is heard of by its event, without waiting for the next look', async () => {
    const inside = holdRunsUp();
    const answer = ask();
    await inside;
    await vi.advanceTimersByTimeAsync(10_000);
    leave();
    await world.working;
    await world.emitAll();
    await vi.advanceTimersByTimeAsync(0);
    expect(await answer).toMatchObject({ kind: 'finished' });
  });

  it('is found although its event was lost and the status was away', async () => {
    const inside = holdRunsUp();
    const answer = ask();
    await inside;
    leave();
    await world.working;
    vi.spyOn(world.notes, 'result').mockRejectedValueOnce(new SyncStatusUnavailableError('away'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await answer).toMatchObject({ kind: 'finished' });
  });

  it('that never came is reported as such', async () => {
    world.queue.onEnqueue = (payload) =>
      void world.notes.putResult(String(payload['runId']), { kind: 'lost', reason: 'its worker is gone' });
    const problem = problemOf(ask());
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await problem).type.code).toBe('sync-unavailable');
    expect((await problem).details.detail).toContain('its worker is gone');
  });
});

describe('a pause', () => {
  it('is kept as first set, and ended', async () => {
    const first = await world.requests.pause(CALLER);
    expect(first).toEqual({ since: world.clock.timestamp(), by: 'user:ci' });
    world.clock.advance(1_000);
    expect(await world.requests.pause({ keyName: 'other' })).toEqual(first);
    await world.requests.resume();
    expect((await world.status.read()).paused).toBeNull();
  });

  it('needs the status', async () => {
    vi.spyOn(world.status, 'setPaused').mockRejectedValue(new SyncStatusUnavailableError('away'));
    expect((await problemOf(world.requests.pause(CALLER))).type.code).toBe('sync-unavailable');
    expect((await problemOf(world.requests.resume())).type.code).toBe('sync-unavailable');
  });
});
