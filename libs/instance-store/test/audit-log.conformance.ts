import type { Actor, AuditEntry, InstanceId, InstanceRecord, InstanceStore } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { anImport, at, COMMAND, insert, type MakeStore, takeLock, write } from './harness.js';

const UNKNOWN = 'ins_00000000000000000000000000' as InstanceId;

/** The audit log in words, the latest first. */
async function entriesOf(store: InstanceStore, id: InstanceId, limit = 200): Promise<string[]> {
  const entries = await store.audit.entries(id, limit);
  return entries.map(({ kind, by, from, to, reason }) => `${kind} ${from ?? '-'}>${to ?? '-'} ${by}: ${reason}`);
}

function desire(
  state: InstanceRecord['desired']['state'],
  seconds: number,
  by: Actor,
): Pick<InstanceRecord, 'desired'> {
  return { desired: { state, at: at(seconds), by } };
}

function entry(members: Partial<AuditEntry> = {}): AuditEntry {
  return { at: at(1), kind: 'decision', by: 'auto-stop', reason: 'used lately', ...members };
}

export function auditLogConformance(makeStore: MakeStore): void {
  it('begins with the desired state and the status of a new record', async () => {
    const { store, clock } = makeStore();
    clock.advance(7_000);
    const { id } = await insert(store, desire('running', 0, 'user:"quoted\\'));
    expect(await entriesOf(store, id)).toEqual([
      'status ->creating user:"quoted\\: the record was made',
      'wish ->running user:"quoted\\: the record was made',
    ]);
    expect((await store.audit.entries(id, 1)).map((line) => line.at)).toEqual([at(7)]);
  });

  it('says who changed desired state and status, from what to what and why', async () => {
    const { store } = makeStore();
    const made = await insert(store, { status: 'ready' });
    const { id } = made;
    const reason = 'asked "politely"\n\u0000 \\ 数 😀';
    const stopped = { ...made, ...desire('stopped', 5, 'user:a'), status: 'stopping' as const };
    await store.records.write(stopped, COMMAND, { reason });
    const observed = {
      ...stopped,
      revision: 2,
      status: 'stopped' as const,
      novitaStatus: 'exited',
      source: 'list' as const,
    };
    await store.records.write(observed, { kind: 'observation', observedAt: at(6) });
    await store.records.write({ ...observed, revision: 3, status: 'failed' }, COMMAND, { reason: 'out of stock' });
    expect((await entriesOf(store, id)).slice(0, -2)).toEqual([
      'status stopped>failed lifecycle: out of stock',
      'status stopping>stopped novita:list: Novita says exited',
      'status ready>stopping user:a: asked "politely" \\ 数 😀',
      'wish running>stopped user:a: asked "politely" \\ 数 😀',
    ]);
  });

  it('takes a restart for the act of who requested it, and what a lock holder writes for the sync', async () => {
    const { store, locks } = makeStore();
    const made = await insert(store, { status: 'ready' });
    const restarting = await write(store, { ...made, ...desire('running', 9, 'user:b'), status: 'restarting' });
    await store.records.write({ ...restarting, status: 'terminated' }, COMMAND, {
      hold: await takeLock(locks),
      reason: 'gone',
    });
    expect((await entriesOf(store, made.id, 2)).toReversed()).toEqual([
      'status ready>restarting user:b: no reason was given',
      'status restarting>terminated sync: gone',
    ]);
  });

  it('has no line for a write that changes neither, unless the write brings one', async () => {
    const { store } = makeStore();
    const made = await insert(store);
    await write(store, { ...made, name: 'renamed' });
    expect(await store.audit.entries(made.id, 200)).toHaveLength(2);
    const settings = entry({ kind: 'settings', by: 'user:a', reason: 'idle threshold: 5 min → 9 min' });
    await store.records.write({ ...made, revision: 2, status: 'created' }, COMMAND, { reason: 'why', entry: settings });
    expect((await store.audit.entries(made.id, 200))[1]).toEqual(settings);
    expect((await entriesOf(store, made.id, 1))[0]).toMatch(/^status creating>created/);
  });

  it('has no line for a write that was refused', async () => {
    const { store } = makeStore();
    const made = await insert(store, desire('running', 50, 'user:a'));
    const given = { reason: 'why', entry: entry() };
    await store.records.write({ ...made, revision: 9, status: 'ready' }, COMMAND, given);
    await store.records.write({ ...made, status: 'ready' }, { kind: 'observation', observedAt: at(1) }, given);
    await store.idle.touch(made.id, at(3));
    await store.idle.claim({ ...made, status: 'stopping' }, { lastUsedAt: at(2), reason: 'idle' });
    expect(await store.audit.entries(made.id, 200)).toHaveLength(2);
  });

  it('holds claims and warnings', async () => {
    const { store } = makeStore();
    const made = await insert(store, { status: 'ready' });
    const { id } = made;
    const idle = { id, revision: 1, lastUsedAt: null, idleSince: at(0), stopAt: at(1_200), reason: 'idle since 00:00' };
    await store.idle.warn(idle);
    await store.idle.warn(idle);
    const next = { ...made, ...desire('stopped', 1_200, 'auto-stop'), status: 'stopping' as const };
    await store.idle.claim(next, { lastUsedAt: null, reason: 'idle for 20 min' });
    expect(await entriesOf(store, id, 3)).toEqual([
      'status ready>stopping auto-stop: idle for 20 min',
      'wish running>stopped auto-stop: idle for 20 min',
      'warning ->- auto-stop: idle since 00:00',
    ]);
  });

  it('takes entries of several records at once, and none of a record that is not there', async () => {
    const { store } = makeStore();
    const [first, second] = [await insert(store), await insert(store)];
    const [a, b] = [entry({ reason: 'a' }), entry({ kind: 'repair', reason: 'b', from: 'x', to: 'y' })];
    await store.audit.append([
      { id: first.id, entry: a },
      { id: UNKNOWN, entry: a },
      { id: second.id, entry: a },
      { id: second.id, entry: b },
    ]);
    expect((await store.audit.entries(first.id, 1))[0]).toEqual(a);
    expect(await store.audit.entries(second.id, 2)).toEqual([b, a]);
    expect(await store.audit.entries(UNKNOWN, 10)).toEqual([]);
    await store.audit.append([]);
    const many = Array.from({ length: 201 }, () => ({ id: first.id, entry: a }));
    await expect(store.audit.append(many)).rejects.toThrow(RangeError);
  });

  it('keeps the latest 200 lines, each below 2 kB', async () => {
    const { store } = makeStore();
    const { id } = await insert(store);
    for (let from = 0; from < 300; from += 100) {
      const lines = Array.from({ length: 100 }, (_, i) => ({ id, entry: entry({ reason: `line ${from + i}` }) }));
      await store.audit.append(lines);
    }
    const kept = await store.audit.entries(id, 1_000);
    expect(kept.map(({ reason }) => reason)).toEqual(Array.from({ length: 200 }, (_, i) => `line ${299 - i}`));
    expect(await store.audit.entries(id, 0)).toEqual([]);
    expect(await store.audit.entries(id, 3)).toEqual(kept.slice(0, 3));
    await store.audit.append([{ id, entry: entry({ by: '数'.repeat(999), reason: '😀'.repeat(9_999) }) }]);
    expect(Buffer.byteLength(JSON.stringify(await store.audit.entries(id, 1)))).toBeLessThan(2_000);
  });

  it('goes with its record, and a bulk import begins none', async () => {
    const { store, locks } = makeStore();
    const made = await insert(store);
    await store.records.remove(made.id, 1);
    expect(await store.audit.entries(made.id, 10)).toEqual([]);
    const hold = await takeLock(locks);
    const imported = anImport();
    await store.records.insertMany([imported], { hold });
    expect(await store.audit.entries(imported.record.id, 10)).toEqual([]);
  });

  describe('touch', () => {
    it('answers the status as it stands', async () => {
      const { store } = makeStore();
      const made = await insert(store, { status: 'starting' });
      expect(await store.idle.touch(made.id, at(1))).toMatchObject({ status: 'starting' });
      await write(store, { ...made, status: 'ready' });
      expect(await store.idle.touch(made.id, at(2))).toMatchObject({ status: 'ready', moved: true });
      expect(await store.idle.touch(made.id, at(1))).toMatchObject({ status: 'ready', moved: false });
    });
  });
}
