import { type NovitaInstance, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { MINUTE_MS, SECOND_MS, timestampFromMs } from '@app/platform';
import { aNovitaInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  decideWatch,
  judgeOverdue,
  longerSilence,
  NO_SILENCE,
  type Silence,
  type WatchedInstance,
  type WatchMemory,
  withAct,
} from './decide-watch.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const POLICY = { patienceMs: 15 * MINUTE_MS, marginMs: 10 * MINUTE_MS };
const at = (minutes: number) => timestampFromMs(NOW + minutes * MINUTE_MS);
const LONG_AGO = at(-600);
const silentFor = (minutes: number): Silence => ({ ms: minutes * MINUTE_MS });

const watched = (stopInMinutes: number, id = 'ins_1'): WatchedInstance => ({
  id,
  novitaInstanceId: 'n1',
  name: 'llama',
  marker: '-nfabcd0123456789',
  stopAt: at(stopInMinutes),
});
const memory = (members: Partial<WatchMemory> = {}): WatchMemory => ({
  heardAt: at(-20),
  readAt: at(-20),
  instances: [],
  acts: [],
  ...members,
});
const instance = (members: Partial<NovitaInstance> = {}): NovitaInstance =>
  aNovitaInstance({
    id: 'n1' as NovitaInstanceId,
    name: 'llama-nfabcd0123456789',
    status: 'running',
    billingMode: 'onDemand',
    lastStartedAt: at(-120),
    ...members,
  });

describe('whether the watchdog acts', () => {
  it('acts when the API was silent for its patience, on what is overdue by more than the margin', () => {
    const instances = [watched(-11, 'late'), watched(-10, 'just'), watched(-9, 'soon'), watched(5, 'later')];
    const decision = decideWatch(memory({ instances }), silentFor(15), NOW, POLICY);
    expect(decision).toMatchObject({ kind: 'act', overdue: [{ id: 'late' }, { id: 'just' }] });
    expect(decideWatch(memory({ instances }), silentFor(14.9), NOW, POLICY).kind).toBe('watch');
  });

  it('counts only time in which it has asked, whatever gaps there were', () => {
    const gaps = fc.array(fc.integer({ min: -MINUTE_MS, max: 600 * MINUTE_MS }), { maxLength: 9 });
    const property = fc.property(gaps, (sinceLastAsk) => {
      const silence = sinceLastAsk.reduce((sum, ms) => longerSilence(sum, ms, MINUTE_MS), NO_SILENCE);
      // Nine asks in vain, one minute apart, are no fifteen minutes, though hours may have passed.
      expect(decideWatch(memory({ instances: [watched(-300)] }), silence, NOW, POLICY).kind).toBe('watch');
    });
    fc.assert(property);
    const asks = Array.from({ length: 16 });
    const asked = asks.reduce<Silence>((sum) => longerSilence(sum, MINUTE_MS, MINUTE_MS), NO_SILENCE);
    expect(decideWatch(memory({ instances: [watched(-300)] }), asked, NOW, POLICY).kind).toBe('act');
  });

  it('waits its own patience with an old memory, and knows nothing to stop without one', () => {
    const old = memory({ heardAt: LONG_AGO, readAt: LONG_AGO, instances: [watched(-300)] });
    expect(decideWatch(old, NO_SILENCE, NOW, POLICY).kind).toBe('watch');
    expect(decideWatch(memory({ heardAt: null, readAt: null }), silentFor(600), NOW, POLICY).kind).toBe('watch');
  });

  it('stops nothing by deadlines that were read long before the silence began, and goes on with what it has begun', () => {
    const overdue = { instances: [watched(-300)] };
    const patience = POLICY.patienceMs / MINUTE_MS;
    const silence = silentFor(patience);
    const kindOf = (heard: number, read: number) =>
      decideWatch(memory({ ...overdue, heardAt: at(heard), readAt: at(read) }), silence, NOW, POLICY).kind;
    // Its key was refused for a while before.
    expect([kindOf(-20, -20 - patience), kindOf(-20, -21 - patience)]).toEqual(['act', 'too-old']);
    // It was restarted in the outage, or off for long before.
    expect([kindOf(-60 - patience, -60 - patience), kindOf(-61 - patience, -61 - patience)]).toEqual([
      'act',
      'too-old',
    ]);
    const old = memory({ ...overdue, heardAt: LONG_AGO, readAt: LONG_AGO });
    expect(decideWatch(old, silence, NOW, POLICY, true)).toMatchObject({ kind: 'act', overdue: overdue.instances });
  });

  it('keeps the deadlines that it knows when an answer has none', () => {
    const before = memory({ instances: [watched(-300)] });
    expect(afterAnswer(before, null, at(0))).toEqual({ ...before, heardAt: at(0) });
    expect(afterAnswer(before, [], at(0))).toMatchObject({ instances: [], readAt: at(0) });
  });

  it('notes an act on one deadline once', () => {
    const { stopAt, marker: _, ...named } = watched(-30);
    const act = { ...named, stopAt, at: at(0), dryRun: false };
    const once = withAct(memory(), act);
    expect(withAct(once, { ...act, at: at(1) })).toBe(once);
    expect(withAct(once, { ...act, stopAt: at(-5) }).acts).toHaveLength(2);
  });
});

describe('whether an overdue instance is stopped', () => {
  it.each<[string, NovitaInstance | null, string]>([
    ['that Novita does not have', null, 'not-at-novita'],
    ['whose id is another one', instance({ id: 'n2' as NovitaInstanceId }), 'another-instance'],
    ['whose name carries another marker', instance({ name: 'llama-nfabcd9999999999' }), 'another-instance'],
    ['that is paid by the month', instance({ billingMode: 'monthly' }), 'billed-monthly'],
    ['that somebody has started since', instance({ lastStartedAt: at(-19) }), 'started-since'],
  ])('not one %s', (_, found, why) => {
    expect(judgeOverdue(watched(-60), found, at(-20))).toEqual({ verdict: 'leave', why });
  });

  it('only one that surely runs', () => {
    for (const status of [
      'running',
      'pulling',
      'exited',
      'restarting',
      'migrating',
      'freezing',
      'removed',
      'new-word',
    ]) {
      const { verdict } = judgeOverdue(watched(-60), instance({ status }), at(-20));
      expect([status, verdict]).toEqual([status, phaseOf(status) === 'up' ? 'stop' : 'leave']);
    }
  });

  it('one whose last start is not told, and one without a marker of ours that was adopted', () => {
    expect(judgeOverdue(watched(-60), instance({ lastStartedAt: null }), at(-20)).verdict).toBe('stop');
    const adopted = { ...watched(-60), marker: '' };
    expect(judgeOverdue(adopted, instance({ name: 'llama' }), at(-20)).verdict).toBe('stop');
    expect(judgeOverdue(adopted, instance({ name: 'another' }), at(-20)).verdict).toBe('leave');
  });

  it('compares instants, not seconds that look alike', () => {
    const readAt = timestampFromMs(NOW + SECOND_MS / 2);
    expect(judgeOverdue(watched(-60), instance({ lastStartedAt: timestampFromMs(NOW) }), readAt).verdict).toBe('stop');
  });
});
