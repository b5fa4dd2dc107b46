import { NO_ATTEMPTS } from '@app/instance-store';
import { type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  at,
  decided,
  existing,
  found,
  NOVITA_ID,
  nothing,
  openCreate,
  unclear,
} from '../../test/fakes/observations.js';
import type { Observation } from './model.js';

describe('decide, while the desired state is stopped', () => {
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

  it('sends a refused stop again for ever, ever more slowly, and at once when the status at Novita changes', () => {
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

  it('does not believe an observation that began before the desired state was written', () => {
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

  it('is stopped without an instance only after a clean search that counts', () => {
    const unmade: InstanceOverrides = { ...stopping, novitaInstanceId: null };
    expect(decided(unmade, nothing()).record).toMatchObject({ status: 'stopped', confirmedAt: at(0) });
    const attempts = { ...NO_ATTEMPTS, openCreate };
    expect(decided({ ...unmade, attempts }, nothing()).record.status).toBe('stopping');
    expect(decided(unmade, unclear('unclean-listing')).record.status).toBe('stopping');
  });
});
