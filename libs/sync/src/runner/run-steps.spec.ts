import type { Deadlines, InstanceRecord, InstanceRecords, UnderLock } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { anInstance, FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { Cleanup } from './run-steps.js';

const NEVER = new AbortController().signal;
const HOLD: LockHold = { name: 'sync', fence: 1, token: '1-x' };

/** Records with a date to be purged at, by the rules of the port. */
class Tombs {
  readonly byId = new Map<string, InstanceRecord>();
  readonly holds = new Set<LockHold | undefined>();
  asked = 0;
  lost = false;

  put(count: number, overrides: Parameters<typeof anInstance>[0]): void {
    for (let made = 0; made < count; made += 1) {
      const record = anInstance(overrides);
      this.byId.set(record.id, record);
    }
  }

  readonly deadlines = {
    due: (_kind: string, now: string, limit: number) => {
      this.asked += 1;
      const due = [...this.byId.values()].filter(({ deadlines }) => (deadlines.purgeAt ?? '9') <= now);
      return Promise.resolve(due.slice(0, limit).map(({ id }) => id));
    },
  } as unknown as Deadlines;

  readonly records = {
    getMany: (ids: readonly string[]) =>
      Promise.resolve(ids.flatMap((id) => this.byId.get(id) ?? []).map((record) => ({ record, lastUsedAt: null }))),
    remove: (id: string, revision: number, options?: Partial<UnderLock>) => {
      this.holds.add(options?.hold);
      if (this.lost) return Promise.reject(new LockLostError('sync'));
      const record = this.byId.get(id);
      if (record === undefined) return Promise.resolve('missing');
      if (record.revision !== revision) return Promise.resolve('stale');
      this.byId.delete(id);
      return Promise.resolve('removed');
    },
  } as unknown as InstanceRecords;
}

describe('the cleanup', () => {
  const clock = new FakeClock();
  const past = { purgeAt: timestampFromMs(clock.now() - 1) };
  const future = { purgeAt: timestampFromMs(clock.now() + 1) };

  it('removes what is terminated and due, batch by batch, under the lock', async () => {
    const tombs = new Tombs();
    tombs.put(450, { status: 'terminated', deadlines: past });
    tombs.put(2, { status: 'terminated', deadlines: future });
    expect(await new Cleanup(tombs.records, tombs.deadlines, clock).run(HOLD, NEVER)).toEqual({
      purged: 450,
      actions: [],
    });
    expect(tombs.byId.size).toBe(2);
    expect([...tombs.holds]).toEqual([HOLD]);
    expect(tombs.asked).toBe(3);
  });

  it('leaves alone what lives, whatever its date says, and ends', async () => {
    const tombs = new Tombs();
    tombs.put(300, { status: 'ready', deadlines: past });
    expect(await new Cleanup(tombs.records, tombs.deadlines, clock).run(HOLD, NEVER)).toMatchObject({ purged: 0 });
    expect(tombs.byId.size).toBe(300);
  });

  it('ends when the lock is lost or the run is to end', async () => {
    const tombs = new Tombs();
    tombs.put(1, { status: 'terminated', deadlines: past });
    await expect(
      new Cleanup(tombs.records, tombs.deadlines, clock).run(HOLD, AbortSignal.abort(new Error('stop'))),
    ).rejects.toThrow('stop');
    tombs.lost = true;
    await expect(new Cleanup(tombs.records, tombs.deadlines, clock).run(HOLD, NEVER)).rejects.toThrow(LockLostError);
  });

  it('only reports what is due in a dry run', async () => {
    const tombs = new Tombs();
    tombs.put(250, { status: 'terminated', deadlines: past, name: 'old' });
    const { purged, actions } = await new Cleanup(tombs.records, tombs.deadlines, clock).run(null, NEVER);
    expect(purged).toBe(250);
    expect(actions).toHaveLength(250);
    expect(actions[0]).toMatchObject({ action: 'remove', name: 'old', reason: expect.stringContaining(past.purgeAt) });
    expect(tombs.byId.size).toBe(250);
  });
});
