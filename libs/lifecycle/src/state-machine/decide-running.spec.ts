import { NO_ATTEMPTS } from '@app/instance-store';
import { type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, decided, denied, existing, found, NOVITA_ID, NOW, ready, unclear } from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import { decide } from './decide.js';
import { NOT_OBSERVED } from './model.js';

describe('decide, while the desired state is running', () => {
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

  it('stays ready at every poll, and with a status that it does not know', () => {
    expect(decided(ready, found('running')).record.status).toBe('ready');
    const frozen = decided({ ...ready, deadlines: { startupBy: at(-1) } }, found('freezing'));
    expect(frozen).toMatchObject({ step: { kind: 'poll' }, record: { status: 'ready', novitaStatus: 'freezing' } });
  });

  it('is refreshed now and then when settled, each instance at a time of its own', () => {
    const next = decided(ready, found('running'), { ...POLICY, settledRefreshMs: 600_000 }).record.deadlines
      .nextReconcileAt;
    expect(next && next >= at(480) && next <= at(720)).toBe(true);
  });

  it('has no time of its own when settled, if somebody else observes it', () => {
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

  it('gives no start-up up on an observation that failed', () => {
    const { step, record } = decided(
      { ...existing, status: 'starting', deadlines: { startupBy: at(-1) } },
      unclear('network'),
    );
    expect(step.kind).toBe('wait');
    expect(record).toMatchObject({ status: 'starting', lastError: { code: 'network-error', retryable: true } });
  });

  it('backs off from failed observations, and heeds Retry-After', () => {
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
    const observed = decided(creating, found('creating', { statusError }));
    expect(observed.record.lastError).toMatchObject({
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
    expect(decide(record, NOT_OBSERVED, NOW, POLICY).step.kind).toBe('done');
  });
});

describe('decide, when a restart was asked for', () => {
  const restarting: InstanceOverrides = { ...existing, status: 'restarting', restartRequestedAt: at(-60) };
  const sent = { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(-50) };

  it('sends it once the instance runs, and observes that it took place', () => {
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
