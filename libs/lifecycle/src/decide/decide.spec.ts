import { NO_ATTEMPTS } from '@app/instance-store';
import { aNovitaInstance, anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, denied, found, NOVITA_ID, NOW, nothing, unclear } from '../../test/fakes/seen.js';
import { POLICY } from '../../test/fakes/world.js';
import { decide } from './decide.js';
import type { Decision } from './decision.js';
import { NOT_LOOKED, type Observation } from './observation.js';

function decided(overrides: InstanceOverrides, seen: Observation, policy = POLICY): Decision {
  const record = anInstance({
    desired: { state: 'running', at: at(-300), by: 'user:test' },
    deadlines: { nextReconcileAt: at(0), startupBy: at(300) },
    ...overrides,
  });
  return decide(record, seen, NOW, policy);
}

const existing = { novitaInstanceId: NOVITA_ID, novitaStatus: 'running', observedAt: at(-30), source: 'get' } as const;
const ready: InstanceOverrides = { ...existing, status: 'ready', confirmedAt: at(-30), deadlines: {} };
const open = { startedAt: at(-30), productId: 'p' };

describe('decide, before a look', () => {
  it('leaves an instance that was made elsewhere alone', () => {
    expect(decided({ origin: 'discovered' }, NOT_LOOKED).step.kind).toBe('done');
    expect(decided({ origin: 'discovered', ...existing }, found('running')).step.kind).toBe('done');
  });

  it('does nothing before its time, so that a Retry-After holds for every worker', () => {
    const { step, record } = decided({ deadlines: { nextReconcileAt: at(20) } }, NOT_LOOKED);
    expect(step.kind).toBe('wait');
    expect(record.deadlines.nextReconcileAt).toBe(at(20));
  });

  it.each([
    ['marker', { novitaInstanceId: null }],
    ['id', existing],
    ['both', { ...existing, attempts: { ...NO_ATTEMPTS, openCreate: open } }],
  ] as const)('looks by %s', (by, overrides) => {
    expect(decided(overrides, NOT_LOOKED).step).toEqual({ kind: 'look', by });
  });

  it('looks no more at what is settled and has no time to be looked at', () => {
    expect(decided(ready, NOT_LOOKED).step.kind).toBe('done');
    expect(decided({ ...ready, confirmedAt: null }, NOT_LOOKED).step.kind).toBe('look');
  });
});

describe('decide, while it is wished to run and nothing is known at the provider', () => {
  it('creates after a clean look that found nothing, with its intent in the record', () => {
    const { step, record } = decided({}, nothing());
    expect(step).toEqual({ kind: 'create' });
    expect(record.attempts).toMatchObject({
      creates: 1,
      openCreate: { startedAt: at(0), productId: record.spec.productId },
    });
  });

  it('waits with a second create until a look that began after the grace', () => {
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate: open };
    const early = decided({ attempts }, nothing());
    expect(early.step.kind).toBe('wait');
    expect(early.record.deadlines.nextReconcileAt).toBe(at(30));
    expect(
      decided({ attempts: { ...attempts, openCreate: { ...open, startedAt: at(-60) } } }, nothing()).step.kind,
    ).toBe('create');
  });

  it('adopts what carries the marker, and winds the clock of the run', () => {
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate: open };
    const { step, record } = decided({ attempts, deadlines: { startupBy: at(-1) } }, found('pulling'));
    expect(step.kind).toBe('adopt');
    expect(record).toMatchObject({ origin: 'adopted', novitaInstanceId: NOVITA_ID });
    expect(record.deadlines).toEqual({ startupBy: at(600), nextReconcileAt: at(0) });
    expect(record.attempts.openCreate).toEqual(open);
  });

  it('gives a create up when its time is over and nothing of it can exist', () => {
    const { step, record } = decided({ deadlines: { startupBy: at(-1) } }, nothing());
    expect(step.kind).toBe('fail');
    expect(record).toMatchObject({ status: 'failed', lastError: { code: 'startup-timeout' }, confirmedAt: null });
    expect(record.desired).toEqual({ state: 'stopped', at: at(0), by: 'lifecycle' });
  });

  it('blames nobody who was not asked when a create was given up', () => {
    const late = { startupBy: at(-1) };
    expect(decided({ deadlines: late }, nothing()).record.lastError?.message).toContain('Novita was not asked');
    const sent = { ...NO_ATTEMPTS, creates: 1 };
    expect(decided({ deadlines: late, attempts: sent }, nothing()).record.lastError?.message).toBe(
      'Novita did not take the create in time',
    );
  });

  it('gives up at once when the provider refuses our key, but never while a create is open', () => {
    expect(decided({}, unclear('unauthorized')).record.lastError?.code).toBe('provider-unauthorized');
    expect(decided({}, unclear('unauthorized')).step.kind).toBe('fail');
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate: open };
    expect(decided({ attempts }, unclear('unauthorized')).step.kind).toBe('wait');
  });
});

describe('decide, while it is wished to run', () => {
  it.each([
    ['toCreate', 'created'],
    ['creating', 'created'],
    ['pending', 'created'],
    ['pulling', 'starting'],
    ['toStart', 'starting'],
    ['starting', 'starting'],
    ['toRestart', 'restarting'],
    ['resetting', 'restarting'],
    ['migrating', 'migrating'],
    ['toStop', 'stopping'],
    ['toRemove', 'deleting'],
    ['running', 'running'],
    ['freezing', 'created'],
    ['aWordOfTomorrow', 'created'],
  ])('reads %s as %s, and polls', (word, status) => {
    const { step, record } = decided({ ...existing, status: 'created', novitaStatus: 'creating' }, found(word));
    expect(step.kind).toBe('poll');
    expect(record).toMatchObject({ status, novitaStatus: word, observedAt: at(0), source: 'get' });
    // At once where there is more to do, as for one that runs and was not probed yet.
    expect(Date.parse(record.deadlines.nextReconcileAt ?? '')).toBeGreaterThanOrEqual(Date.parse(at(0)));
  });

  it('probes once it runs, and is ready at once without ports', () => {
    expect(decided({ ...existing, status: 'running' }, found('running'))).toMatchObject({
      step: { kind: 'probe' },
      record: { status: 'health_checking', confirmedAt: at(0) },
    });
    const { step, record } = decided({ ...existing, status: 'running', spec: { ports: [] } }, found('running'));
    expect(step.kind).toBe('done');
    expect(record).toMatchObject({ status: 'ready', timestamps: { ready: at(0) } });
    expect(record.deadlines).toEqual({});
  });

  it('stays ready at every poll, and with a word that it does not know', () => {
    expect(decided(ready, found('running')).record.status).toBe('ready');
    const frozen = decided({ ...ready, deadlines: { startupBy: at(-1) } }, found('freezing'));
    expect(frozen).toMatchObject({ step: { kind: 'poll' }, record: { status: 'ready', novitaStatus: 'freezing' } });
  });

  it('is refreshed now and then when settled, each instance at a time of its own', () => {
    const next = decided(ready, found('running'), { ...POLICY, settledRefreshMs: 600_000 }).record.deadlines
      .nextReconcileAt;
    expect(next && next >= at(480) && next <= at(720)).toBe(true);
  });

  it('has no time of its own when settled, if somebody else looks at it', () => {
    const dated = { ...ready, deadlines: { nextReconcileAt: at(0) } };
    expect(decided(dated, found('running'), { ...POLICY, settledRefreshMs: null }).record.deadlines).toEqual({});
  });

  it('begins a new clock when the provider starts it anew by itself', () => {
    const { record } = decided({ ...ready, timestamps: { started: at(-500), ready: at(-400) } }, found('restarting'));
    expect(record.deadlines.startupBy).toBe(at(600));
    expect(record.timestamps).toEqual({ created: record.timestamps.created });
  });

  it.each(['toCreate', 'pulling', 'starting', 'stopping', 'freezing'])(
    'gives a start-up up that still says %s when its time is over, and has it stopped',
    (word) => {
      const { step, record } = decided(
        { ...existing, status: 'starting', deadlines: { startupBy: at(0) } },
        found(word),
      );
      expect(step.kind).toBe('fail');
      expect(record).toMatchObject({ status: 'failed', confirmedAt: null, lastError: { code: 'startup-timeout' } });
      expect(record.desired).toEqual({ state: 'stopped', at: at(0), by: 'lifecycle' });
      expect(record.deadlines).toEqual({ nextReconcileAt: at(0) });
    },
  );

  it('gives no start-up up on a look that failed', () => {
    const { step, record } = decided(
      { ...existing, status: 'starting', deadlines: { startupBy: at(-1) } },
      unclear('network'),
    );
    expect(step.kind).toBe('wait');
    expect(record).toMatchObject({ status: 'starting', lastError: { code: 'network-error', retryable: true } });
  });

  it('backs off from failed looks, and heeds Retry-After', () => {
    const pauses = [0, 1, 2, 10].map((faults) => {
      const { record } = decided({ ...existing, attempts: { ...NO_ATTEMPTS, faults } }, unclear('timeout'));
      return record.deadlines.nextReconcileAt;
    });
    expect(pauses).toEqual([at(5), at(10), at(20), at(300)]);
    expect(decided(existing, unclear('rate-limited', 90_000)).record.deadlines.nextReconcileAt).toBe(at(90));
    const after = decided(
      { ...ready, lastError: decided(ready, unclear('network')).record.lastError },
      found('running'),
    );
    expect(after.record).toMatchObject({ lastError: null, attempts: { faults: 0 } });
  });

  it('calls a creation failed when Novita says why, or when it ended or was removed while starting', () => {
    const creating: InstanceOverrides = {
      ...existing,
      status: 'created',
      novitaStatus: 'creating',
      attempts: { ...NO_ATTEMPTS, creates: 1 },
    };
    const statusError = { state: 'ErrImagePull', message: 'no such image' };
    const told = decided(creating, found('creating', { statusError }));
    expect(told.record.lastError).toMatchObject({
      code: 'startup-failed',
      message: expect.stringContaining('no such image'),
    });
    expect(decided(creating, found('exited')).record).toMatchObject({
      status: 'failed',
      lastError: { code: 'startup-failed' },
    });
    const removed = decided({ ...creating, novitaStatus: 'removing' }, denied);
    expect(removed.record).toMatchObject({
      status: 'failed',
      novitaInstanceId: null,
      lastError: { code: 'startup-failed' },
    });
  });

  it('starts what stands still, and reads again before it believes that a start failed', () => {
    const stopped: InstanceOverrides = { ...existing, status: 'starting', novitaStatus: 'exited' };
    const first = decided(stopped, found('exited'));
    expect(first).toMatchObject({
      step: { kind: 'start', target: NOVITA_ID },
      record: { attempts: { commands: 1, lastCommandAt: at(0) } },
    });
    const sent = { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(-2) };
    expect(decided({ ...stopped, attempts: sent }, found('exited')).step.kind).toBe('wait');
    expect(decided({ ...stopped, attempts: { ...sent, lastCommandAt: at(-5) } }, found('exited')).step.kind).toBe(
      'start',
    );
    expect(
      decided({ ...stopped, novitaStatus: 'starting', attempts: sent }, found('exited')).record.lastError?.code,
    ).toBe('startup-failed');
  });

  it('is not taken for gone while the provider may not show it yet', () => {
    const justMade: InstanceOverrides = { ...existing, status: 'created', novitaStatus: null, source: 'command' };
    const early = decided(justMade, denied);
    expect(early.step.kind).toBe('poll');
    expect(early.record).toMatchObject({ source: 'command', observedAt: at(-30) });
    expect(decided({ ...justMade, observedAt: at(-60) }, denied).record.status).toBe('terminated');
  });

  it('has vanished when the provider denies it: terminated, to be purged, and never created anew', () => {
    const { record } = decided(ready, denied);
    expect(record).toMatchObject({
      status: 'terminated',
      confirmedAt: at(0),
      lastError: { code: 'vanished-at-provider' },
    });
    expect(record.desired).toMatchObject({ state: 'deleted', by: 'lifecycle' });
    expect(record.deadlines).toEqual({ purgeAt: at(7 * 86_400) });
    expect(decide(record, NOT_LOOKED, NOW, POLICY).step.kind).toBe('done');
  });
});

describe('decide, after something was done by hand at the provider', () => {
  const commanded = { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(-10) };

  it('believes a stop that is a minute younger than our last command', () => {
    const { record } = decided(ready, found('exited'));
    expect(record).toMatchObject({ status: 'stopped', confirmedAt: at(0), timestamps: { stopped: at(0) } });
    expect(record.desired).toEqual({ state: 'stopped', at: at(0), by: 'console' });
  });

  it('believes an earlier one only when it is seen twice', () => {
    const first = decided({ ...ready, attempts: commanded }, found('exited'));
    expect(first.step.kind).toBe('wait');
    expect(first.record).toMatchObject({
      status: 'ready',
      desired: { state: 'running' },
      foreignChange: { firstSeenAt: at(0) },
    });
    const foreignChange = { novitaStatus: 'stopping', firstSeenAt: at(-5) };
    const second = decided({ ...ready, attempts: commanded, foreignChange }, found('exited'));
    expect(second.record).toMatchObject({ status: 'stopped', foreignChange: null, desired: { by: 'console' } });
    expect(decided({ ...ready, foreignChange }, found('running')).record.foreignChange).toBeNull();
  });

  it('follows a start, with a run of its own', () => {
    const stopped: InstanceOverrides = {
      ...existing,
      status: 'stopped',
      novitaStatus: 'exited',
      confirmedAt: at(-30),
      desired: { state: 'stopped', at: at(-300), by: 'auto-stop' },
      timestamps: { started: at(-900), ready: at(-800), stopped: at(-200) },
    };
    const { record } = decided(stopped, found('starting'));
    expect(record).toMatchObject({
      status: 'starting',
      desired: { state: 'running', by: 'console' },
      confirmedAt: null,
    });
    expect(record.timestamps).toEqual({ created: record.timestamps.created });
    expect(record.deadlines.startupBy).toBe(at(600));
    expect(decided(stopped, found('migrating')).record.desired.state).toBe('stopped');
  });

  it('never gives up or starts again what a person has started', () => {
    const byHand: InstanceOverrides = {
      ...existing,
      status: 'starting',
      desired: { state: 'running', at: at(-900), by: 'console' },
      deadlines: { startupBy: at(-1) },
    };
    expect(decided(byHand, found('pulling')).step.kind).toBe('poll');
    expect(decided(byHand, found('exited')).record.desired.state).toBe('stopped');
  });
});

describe('decide, while it is wished to stand still', () => {
  const stopping: InstanceOverrides = {
    ...existing,
    status: 'stopping',
    desired: { state: 'stopped', at: at(-60), by: 'user:test' },
    deadlines: { nextReconcileAt: at(0) },
  };

  it.each(['running', 'pulling', 'creating', 'restarting', 'migrating', 'freezing'])(
    'stops it when Novita says %s',
    (word) => {
      const { step, record } = decided(stopping, found(word));
      expect(step).toEqual({ kind: 'stop', target: NOVITA_ID });
      expect(record).toMatchObject({ status: 'stopping', confirmedAt: null });
    },
  );

  it('sends a refused stop again for ever, ever more slowly, and at once when the word changes', () => {
    const sent = { ...NO_ATTEMPTS, commands: 40, lastCommandAt: at(-299) };
    const held = decided({ ...stopping, novitaStatus: 'pulling', attempts: sent }, found('pulling'));
    expect(held.step.kind).toBe('wait');
    expect(held.record.deadlines.nextReconcileAt).toBe(at(1));
    const due = { ...sent, lastCommandAt: at(-300) };
    expect(decided({ ...stopping, novitaStatus: 'pulling', attempts: due }, found('pulling')).step.kind).toBe('stop');
    expect(decided({ ...stopping, novitaStatus: 'pulling', attempts: sent }, found('running')).step.kind).toBe('stop');
  });

  it('claims stopped only when Novita says exited', () => {
    expect(decided(stopping, found('stopping')).record).toMatchObject({ status: 'stopping', confirmedAt: null });
    expect(decided(stopping, unclear('network')).record.status).toBe('stopping');
    const { step, record } = decided(stopping, found('exited'));
    expect(step.kind).toBe('done');
    expect(record).toMatchObject({ status: 'stopped', confirmedAt: at(0), timestamps: { stopped: at(0) } });
  });

  it('does not believe a look that began before the wish', () => {
    const early: Observation = { ...found('exited'), at: at(-61) };
    expect(decided(stopping, early)).toMatchObject({ step: { kind: 'wait' }, record: { status: 'stopping' } });
  });

  it('keeps showing failed, unconfirmed until Novita agrees', () => {
    const lastError = { code: 'startup-timeout', message: 'x', at: at(-60), retryable: true, suggestion: 'y' };
    const failed: InstanceOverrides = { ...stopping, status: 'failed', lastError };
    expect(decided(failed, found('pulling'))).toMatchObject({
      step: { kind: 'stop' },
      record: { status: 'failed', confirmedAt: null },
    });
    expect(decided(failed, unclear('network')).record.lastError).toBe(lastError);
    expect(decided(failed, found('exited')).record).toMatchObject({ status: 'failed', confirmedAt: at(0), lastError });
  });

  it('is stopped without an instance only after a clean look that counts', () => {
    const unmade: InstanceOverrides = { ...stopping, novitaInstanceId: null };
    expect(decided(unmade, nothing()).record).toMatchObject({ status: 'stopped', confirmedAt: at(0) });
    const attempts = { ...NO_ATTEMPTS, openCreate: open };
    expect(decided({ ...unmade, attempts }, nothing()).record.status).toBe('stopping');
    expect(decided(unmade, unclear('unclean-listing')).record.status).toBe('stopping');
  });
});

describe('decide, while it is wished away', () => {
  const deleting: InstanceOverrides = {
    ...existing,
    status: 'deleting',
    desired: { state: 'deleted', at: at(-60), by: 'user:test' },
    deadlines: { nextReconcileAt: at(0) },
  };

  it.each(['running', 'exited', 'pulling', 'migrating', 'aWordOfTomorrow'])(
    'deletes it when Novita says %s',
    (word) => {
      expect(decided(deleting, found(word)).step).toEqual({ kind: 'delete', target: NOVITA_ID });
    },
  );

  it('claims terminated only when Novita has it no more', () => {
    expect(decided(deleting, found('removing'))).toMatchObject({
      step: { kind: 'poll' },
      record: { status: 'deleting' },
    });
    expect(decided(deleting, unclear('network')).record.status).toBe('deleting');
    const { search } = nothing();
    for (const seen of [{ ...denied, search }, found('removed', {}, search)]) {
      const { record } = decided(deleting, seen);
      expect(record).toMatchObject({ status: 'terminated', confirmedAt: at(0), lastError: null });
      expect(record.timestamps.terminated).toBe(at(0));
    }
  });

  it('asks first whether anything else carries its marker', () => {
    const begun = { beganAt: at(0), matches: [] };
    for (const search of [null, { ...begun, clean: false }]) {
      expect(decided(deleting, { ...denied, search })).toMatchObject({
        step: { kind: 'wait' },
        record: { status: 'deleting', confirmedAt: null },
      });
    }
    expect(decided({ ...deleting, marker: '' }, denied).record.status).toBe('terminated');
    expect(decided({ ...deleting, deadlines: { nextReconcileAt: at(0) } }, NOT_LOOKED).step).toEqual({
      kind: 'look',
      by: 'id-then-marker',
    });
  });

  it('waits for the look after the grace while a create is open', () => {
    const unmade: InstanceOverrides = {
      ...deleting,
      novitaInstanceId: null,
      attempts: { ...NO_ATTEMPTS, openCreate: open },
    };
    expect(decided(unmade, nothing())).toMatchObject({ step: { kind: 'wait' }, record: { status: 'deleting' } });
    expect(decided(unmade, found('running')).step.kind).toBe('adopt');
    expect(decided({ ...unmade, attempts: NO_ATTEMPTS }, nothing()).record.status).toBe('terminated');
  });
});

describe('decide, when several instances carry the marker', () => {
  const surplus = aNovitaInstance({ id: 'n0000000000000002' as typeof NOVITA_ID, status: 'running' });
  const kept = aNovitaInstance({ id: NOVITA_ID, status: 'running' });
  const attempts = { ...NO_ATTEMPTS, creates: 2, openCreate: { ...open, startedAt: at(-60) } };
  const search = (status: string) => ({ beganAt: at(0), clean: true, matches: [kept, { ...surplus, status }] });

  it('stops the surplus, and is done with it when it stands still', () => {
    const { step, record } = decided({ ...ready, attempts }, found('running', {}, search('running')));
    expect(step).toEqual({ kind: 'stop-surplus', target: surplus.id });
    expect(record.attempts.openCreate).not.toBeNull();
    const after = decided({ ...ready, attempts }, found('running', {}, search('exited')));
    expect(after).toMatchObject({ step: { kind: 'done' }, record: { attempts: { openCreate: null } } });
  });

  it('deletes it when all of the instance is wished away, and claims nothing before', () => {
    const deleting: InstanceOverrides = {
      ...ready,
      status: 'deleting',
      attempts,
      desired: { state: 'deleted', at: at(-60), by: 'user:test' },
    };
    const { step, record } = decided(deleting, { ...denied, search: search('exited') });
    expect(step).toEqual({ kind: 'delete-surplus', target: surplus.id });
    expect(record.status).toBe('deleting');
  });
});

describe('decide, when a restart is wished', () => {
  const restarting: InstanceOverrides = { ...existing, status: 'restarting', restartRequestedAt: at(-60) };
  const sent = { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(-50) };

  it('sends it once the instance runs, and sees that it took place', () => {
    expect(decided(restarting, found('running')).step).toEqual({ kind: 'restart', target: NOVITA_ID });
    expect(decided({ ...restarting, attempts: sent }, found('restarting')).record).toMatchObject({
      status: 'restarting',
      restartRequestedAt: null,
    });
    const over = decided({ ...restarting, attempts: sent }, found('running', { lastStartedAt: at(-40) }));
    expect(over.record).toMatchObject({ status: 'running', restartRequestedAt: null });
  });

  it('lets the instance run on when no restart is taken in time', () => {
    const { record } = decided({ ...restarting, attempts: sent, deadlines: { startupBy: at(-1) } }, found('running'));
    expect(record).toMatchObject({
      status: 'running',
      restartRequestedAt: null,
      desired: { state: 'running' },
      lastError: { code: 'restart-refused' },
    });
  });
});

describe('decide, when the sync has seen something that does not fit a settled instance', () => {
  const resting = { desired: { state: 'stopped', at: at(-300), by: 'user:test' }, confirmedAt: at(-60) } as const;
  /** As the sync leaves it: its own sight, and the time to look at it. */
  const woken = (word: string): InstanceOverrides => ({
    ...existing,
    novitaStatus: word,
    source: 'list',
    confirmedAt: at(-60),
    deadlines: { nextReconcileAt: at(0) },
  });

  it.each([
    ['ready', { status: 'ready' }],
    ['stopped', { ...resting, status: 'stopped' }],
    ['failed', { ...resting, status: 'failed' }],
  ] as const)('looks at a %s one itself before it believes anything', (_status, overrides) => {
    const { step, record } = decided({ ...woken('exited'), ...overrides }, NOT_LOOKED);
    expect(step).toEqual({ kind: 'look', by: 'id' });
    expect(record.status).toBe(overrides.status);
  });

  it.each([
    ['ready', { status: 'ready' }, 'running'],
    ['stopped', { ...resting, status: 'stopped' }, 'exited'],
    ['failed', { ...resting, status: 'failed' }, 'exited'],
  ] as const)('leaves a %s one as it is when the list was behind, and looks no more', (status, overrides, word) => {
    const { step, record } = decided({ ...woken('migrating'), ...overrides }, found(word));
    expect(step.kind).toBe('done');
    expect(record).toMatchObject({ status, novitaStatus: word, source: 'get', confirmedAt: at(0) });
    expect(record.deadlines).toEqual({});
    expect(decide(record, NOT_LOOKED, NOW, POLICY).step.kind).toBe('done');
  });

  it.each([
    ['ready', { status: 'ready' }, 'exited', { status: 'stopped', desired: { state: 'stopped', by: 'console' } }],
    ['ready', { status: 'ready' }, 'stopping', { status: 'stopping', desired: { state: 'stopped', by: 'console' } }],
    ['ready', { status: 'ready' }, 'migrating', { status: 'migrating', desired: { state: 'running' } }],
    ['ready', { status: 'ready' }, 'removing', { status: 'deleting', desired: { state: 'running' } }],
    ['stopped', { ...resting, status: 'stopped' }, 'running', { status: 'starting', desired: { by: 'console' } }],
    ['failed', { ...resting, status: 'failed' }, 'running', { status: 'starting', desired: { by: 'console' } }],
    ['stopped', { ...resting, status: 'stopped' }, 'removing', { status: 'deleting', desired: { state: 'stopped' } }],
  ] as const)('follows a %s one when it is true', (_status, overrides, word, expected) => {
    expect(decided({ ...woken(word), ...overrides }, found(word)).record).toMatchObject(expected);
  });

  it.each([
    ['ready', { status: 'ready' }],
    ['stopped', { ...resting, status: 'stopped' }],
    ['failed', { ...resting, status: 'failed' }],
  ] as const)(
    'ends a %s one that Novita denies, and keeps one that it does not show just now',
    (_status, overrides) => {
      const before = { ...woken('running'), ...overrides };
      expect(decided(before, denied).record).toMatchObject({
        status: 'terminated',
        lastError: { code: 'vanished-at-provider' },
      });
      const { step, record } = decided(before, unclear('network'));
      expect(step.kind).toBe('wait');
      expect(record).toMatchObject({ status: overrides.status, confirmedAt: at(-60) });
      expect(record.deadlines.nextReconcileAt).toBe(at(5));
    },
  );
});
