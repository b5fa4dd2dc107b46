import { NO_ATTEMPTS } from '@app/instance-store';
import { type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  at,
  decided,
  denied,
  existing,
  found,
  NOW,
  openCreate,
  ready,
  unclear,
} from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import { decide } from './decide.js';
import { NOT_OBSERVED } from './model.js';

describe('decide, before an observation', () => {
  it('leaves an instance that was made elsewhere alone', () => {
    expect(decided({ origin: 'discovered' }, NOT_OBSERVED).step.kind).toBe('done');
    expect(decided({ origin: 'discovered', ...existing }, found('running')).step.kind).toBe('done');
  });

  it('does nothing before its time, so that a Retry-After holds for every worker', () => {
    const { step, record } = decided({ deadlines: { nextReconcileAt: at(20) } }, NOT_OBSERVED);
    expect(step.kind).toBe('wait');
    expect(record.deadlines.nextReconcileAt).toBe(at(20));
  });

  it.each([
    ['marker', { novitaInstanceId: null }],
    ['id', existing],
    ['both', { ...existing, attempts: { ...NO_ATTEMPTS, openCreate } }],
  ] as const)('observes by %s', (by, overrides) => {
    expect(decided(overrides, NOT_OBSERVED).step).toEqual({ kind: 'look', by });
  });

  it('does not observe a settled instance that has no time to be observed', () => {
    expect(decided(ready, NOT_OBSERVED).step.kind).toBe('done');
    expect(decided({ ...ready, confirmedAt: null }, NOT_OBSERVED).step.kind).toBe('look');
  });
});

describe('decide, when the sync observed something that does not fit a settled instance', () => {
  const resting = { desired: { state: 'stopped', at: at(-300), by: 'user:test' }, confirmedAt: at(-60) } as const;
  /** As the sync leaves it: its own observation, and the time to observe it. */
  const woken = (novitaStatus: string): InstanceOverrides => ({
    ...existing,
    novitaStatus,
    source: 'list',
    confirmedAt: at(-60),
    deadlines: { nextReconcileAt: at(0) },
  });

  it.each([
    ['ready', { status: 'ready' }],
    ['stopped', { ...resting, status: 'stopped' }],
    ['failed', { ...resting, status: 'failed' }],
  ] as const)('observes a %s one itself before it believes anything', (_status, overrides) => {
    const { step, record } = decided({ ...woken('exited'), ...overrides }, NOT_OBSERVED);
    expect(step).toEqual({ kind: 'look', by: 'id' });
    expect(record.status).toBe(overrides.status);
  });

  it.each([
    ['ready', { status: 'ready' }, 'running'],
    ['stopped', { ...resting, status: 'stopped' }, 'exited'],
    ['failed', { ...resting, status: 'failed' }, 'exited'],
  ] as const)(
    'leaves a %s one as it is when the list was behind, and observes it no more',
    (status, overrides, novitaStatus) => {
      const { step, record } = decided({ ...woken('migrating'), ...overrides }, found(novitaStatus));
      expect(step.kind).toBe('done');
      expect(record).toMatchObject({ status, novitaStatus, source: 'get', confirmedAt: at(0) });
      expect(record.deadlines).toEqual({});
      expect(decide(record, NOT_OBSERVED, NOW, POLICY).step.kind).toBe('done');
    },
  );

  it.each([
    ['ready', { status: 'ready' }, 'exited', { status: 'stopped', desired: { state: 'stopped', by: 'console' } }],
    ['ready', { status: 'ready' }, 'stopping', { status: 'stopping', desired: { state: 'stopped', by: 'console' } }],
    ['ready', { status: 'ready' }, 'migrating', { status: 'migrating', desired: { state: 'running' } }],
    ['ready', { status: 'ready' }, 'removing', { status: 'deleting', desired: { state: 'running' } }],
    ['stopped', { ...resting, status: 'stopped' }, 'running', { status: 'starting', desired: { by: 'console' } }],
    ['failed', { ...resting, status: 'failed' }, 'running', { status: 'starting', desired: { by: 'console' } }],
    ['stopped', { ...resting, status: 'stopped' }, 'removing', { status: 'deleting', desired: { state: 'stopped' } }],
  ] as const)('follows a %s one when it is true', (_status, overrides, novitaStatus, expected) => {
    expect(decided({ ...woken(novitaStatus), ...overrides }, found(novitaStatus)).record).toMatchObject(expected);
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
