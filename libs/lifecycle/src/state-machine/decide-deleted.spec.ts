import { NO_ATTEMPTS } from '@app/instance-store';
import { type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  at,
  decided,
  denied,
  existing,
  found,
  NOVITA_ID,
  nothing,
  openCreate,
  unclear,
} from '../../test/fakes/observations.js';
import { NOT_OBSERVED } from './model.js';

describe('decide, while the desired state is deleted', () => {
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
    expect(decided({ ...deleting, deadlines: { nextReconcileAt: at(0) } }, NOT_OBSERVED).step).toEqual({
      kind: 'look',
      by: 'id-then-marker',
    });
  });

  it('waits for the search after the grace while a create is open', () => {
    const unmade: InstanceOverrides = {
      ...deleting,
      novitaInstanceId: null,
      attempts: { ...NO_ATTEMPTS, openCreate },
    };
    expect(decided(unmade, nothing())).toMatchObject({ step: { kind: 'wait' }, record: { status: 'deleting' } });
    expect(decided(unmade, found('running')).step.kind).toBe('adopt');
    expect(decided({ ...unmade, attempts: NO_ATTEMPTS }, nothing()).record.status).toBe('terminated');
  });
});
