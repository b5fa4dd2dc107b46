import { NO_ATTEMPTS } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, decided, existing, found, NOVITA_ID, NOW, ready } from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import { decide } from './decide.js';

describe('decide, after a change by hand at the provider', () => {
  const commanded = { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(-10) };

  it('believes a stop that is a minute younger than our last command', () => {
    const { record } = decided(ready, found('exited'));
    expect(record).toMatchObject({ status: 'stopped', confirmedAt: at(0), timestamps: { stopped: at(0) } });
    expect(record.desired).toEqual({ state: 'stopped', at: at(0), by: 'console' });
  });

  it('tells an end by itself from a stop by hand where Novita states an error, or shows it stopping', () => {
    const statusError = { state: 'Error', message: 'exit code 137' };
    expect(decided(ready, found('exited', { statusError })).reason).toBe(
      'its container ended by itself: Error exit code 137',
    );
    const said = { state: 'failed', message: 'failed to pull image' };
    expect(decided(ready, found('exited', { statusError: said })).reason).toBe(
      'its container ended by itself: failed to pull image',
    );
    expect(decided(ready, found('stopping')).reason).toBe('stopped by hand at Novita');
    expect(decided(ready, found('exited')).reason).toBe('stopped by hand at Novita, or ended by itself');
    // None of them is a reclaim, and nothing is bought for any.
    expect(decided(ready, found('exited', { statusError, billingMode: 'spot' })).record.migration).toBeNull();
  });

  it('believes an earlier one only when it is observed twice', () => {
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

/** Made elsewhere and adopted a moment ago: nobody here has sent a create or a command for it. */
function adopted(overrides: InstanceOverrides): ReturnType<typeof anInstance> {
  return anInstance({
    origin: 'adopted',
    novitaInstanceId: NOVITA_ID,
    source: 'list',
    observedAt: at(-600),
    confirmedAt: at(-600),
    attempts: NO_ATTEMPTS,
    deadlines: { nextReconcileAt: at(-1) },
    ...overrides,
  });
}

describe('decide, of an instance that was adopted as it was observed', () => {
  const running = adopted({ status: 'running', desired: { state: 'running', at: at(-1), by: 'user:a' } });
  const stopped = adopted({ status: 'stopped', desired: { state: 'stopped', at: at(-1), by: 'user:a' } });

  it.each(['exited', 'stopping'])('starts none that was %s by somebody since', (word) => {
    const first = decide(running, found(word), NOW, POLICY);
    expect(first.step.kind).toBe('wait');
    const second = decide(first.record, { ...found(word), at: at(5) }, NOW + 5_000, POLICY);
    expect(second.step.kind).not.toBe('start');
    expect(second.record).toMatchObject({ desired: { state: 'stopped', by: 'console' }, lastError: null });
  });

  it('stops none that somebody has started since', () => {
    const first = decide(stopped, found('running'), NOW, POLICY);
    expect(first.step.kind).toBe('wait');
    const second = decide(first.record, { ...found('running'), at: at(5) }, NOW + 5_000, POLICY);
    expect(second.step.kind).toBe('poll');
    expect(second.record.desired).toMatchObject({ state: 'running', by: 'console' });
  });

  it('gives up none for a port that is silent: it has no time by which it must be ready', () => {
    const { step, record } = decide(running, found('running'), NOW, POLICY);
    expect(step.kind).toBe('probe');
    expect(record.deadlines.startupBy).toBeUndefined();
  });
});
