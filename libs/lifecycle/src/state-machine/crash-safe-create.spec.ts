import { type InstanceRecord, NO_ATTEMPTS } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { aNovitaInstance, anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  at,
  decided,
  denied,
  found,
  NOVITA_ID,
  NOW,
  nothing,
  openCreate,
  ready,
  unclear,
} from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import type { ProviderError } from '../problems/provider-errors.js';
import { applyCreateOutcome, type CreateOutcome } from './crash-safe-create.js';

const attempt = { startedAt: at(-2), productId: 'p' };
const creating = anInstance({
  desired: { state: 'running', at: at(-10), by: 'user:test' },
  attempts: { ...NO_ATTEMPTS, creates: 1, openCreate: attempt },
});

function error(kind: ProviderError['kind'], effectUnknown = false, retryAfterMs: number | null = null): ProviderError {
  return { kind, message: `it said ${kind}`, effectUnknown, retryAfterMs };
}

const refused = (...args: Parameters<typeof error>): CreateOutcome => ({ kind: 'refused', error: error(...args) });
const created: CreateOutcome = { kind: 'created', id: NOVITA_ID };
const applied = (record: InstanceRecord, outcome: CreateOutcome): InstanceRecord =>
  applyCreateOutcome(record, attempt, outcome, NOW, POLICY);

describe('decide, while the desired state is running and nothing is known at the provider', () => {
  it('creates after a clean search that found nothing, with its intent in the record', () => {
    const { step, record } = decided({}, nothing());
    expect(step).toEqual({ kind: 'create' });
    expect(record.attempts).toMatchObject({
      creates: 1,
      openCreate: { startedAt: at(0), productId: record.spec.productId },
    });
  });

  it('waits with a second create until a search that began after the grace', () => {
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate };
    const early = decided({ attempts }, nothing());
    expect(early.step.kind).toBe('wait');
    expect(early.record.deadlines.nextReconcileAt).toBe(at(30));
    expect(
      decided({ attempts: { ...attempts, openCreate: { ...openCreate, startedAt: at(-60) } } }, nothing()).step.kind,
    ).toBe('create');
  });

  it('adopts what carries the marker, and winds the clock of the run', () => {
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate };
    const { step, record } = decided({ attempts, deadlines: { startupBy: at(-1) } }, found('pulling'));
    expect(step.kind).toBe('adopt');
    expect(record).toMatchObject({ origin: 'adopted', novitaInstanceId: NOVITA_ID });
    expect(record.deadlines).toEqual({ startupBy: at(600), nextReconcileAt: at(0) });
    expect(record.attempts.openCreate).toEqual(openCreate);
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
    const attempts = { ...NO_ATTEMPTS, creates: 1, openCreate };
    expect(decided({ attempts }, unclear('unauthorized')).step.kind).toBe('wait');
  });
});

describe('applyCreateOutcome', () => {
  it('takes the id, closes the create and winds the clock of the run', () => {
    const record = applied(creating, created);
    expect(record).toMatchObject({
      novitaInstanceId: NOVITA_ID,
      status: 'created',
      source: 'command',
      observedAt: at(0),
    });
    expect(record.attempts.openCreate).toBeNull();
    expect(record.deadlines).toEqual({ startupBy: at(600), nextReconcileAt: at(5) });
  });

  it('keeps the id under another desired state too, and has it reconciled at once', () => {
    const deleting = {
      ...creating,
      status: 'deleting' as const,
      desired: { ...creating.desired, state: 'deleted' as const },
    };
    const record = applied(deleting, created);
    expect(record).toMatchObject({
      novitaInstanceId: NOVITA_ID,
      status: 'deleting',
      deadlines: { nextReconcileAt: at(0) },
    });
  });

  it('has the next passes search for both when another instance was adopted meanwhile', () => {
    const other = { ...creating, novitaInstanceId: 'other' as NovitaInstanceId, attempts: NO_ATTEMPTS };
    const record = applied(other, created);
    expect(record.novitaInstanceId).toBe('other');
    expect(record.attempts.openCreate?.startedAt).toBe(at(0));
  });

  it('leaves a create that followed another one open for one more search', () => {
    const second = { ...creating, attempts: { ...creating.attempts, creates: 2 } };
    expect(applied(second, created).attempts.openCreate).toEqual(attempt);
  });

  it.each(['server-fault', 'network', 'timeout', 'malformed-answer'] as const)(
    'keeps the create open after %s',
    (kind) => {
      const record = applied(creating, refused(kind, true));
      expect(record.attempts).toMatchObject({ openCreate: attempt, faults: 1 });
      expect(record.status).toBe('creating');
      expect(record.lastError?.retryable).toBe(true);
    },
  );

  it.each([
    ['unauthorized', 'provider-unauthorized'],
    ['insufficient-balance', 'insufficient-balance'],
    ['invalid-request', 'startup-failed'],
    ['insufficient-resource', 'resource-constraints'],
  ] as const)('gives up after %s, as %s', (kind, code) => {
    const record = applied(creating, refused(kind));
    expect(record).toMatchObject({
      status: 'failed',
      lastError: { code },
      desired: { state: 'stopped', by: 'lifecycle' },
    });
    expect(record.attempts.openCreate).toBeNull();
  });

  it('waits as long as Novita asks for', () => {
    const record = applied(creating, refused('rate-limited', false, 45_000));
    expect(record).toMatchObject({ status: 'creating', lastError: { code: 'provider-rate-limited' } });
    expect(record.deadlines.nextReconcileAt).toBe(at(45));
  });

  it('goes through the places one by one, and ends where it began', () => {
    const place = (id: string) => ({ productId: id, productName: 'GPU', clusterId: id, region: id, usdPerHour: 1 });
    const { usdPerHour: _, ...present } = place('a');
    let record: InstanceRecord = {
      ...creating,
      spec: { ...creating.spec, ...present, fallbacks: [place('b'), place('c')] },
      price: { usdPerHour: 1 },
    };
    const tried: string[] = [];
    for (let creates = 1; record.status !== 'failed'; creates++) {
      tried.push(record.spec.productId);
      record = applied(
        { ...record, attempts: { ...NO_ATTEMPTS, creates, openCreate: attempt } },
        refused('insufficient-resource'),
      );
    }
    expect(tried).toEqual(['a', 'b', 'c']);
    expect(record.lastError?.code).toBe('resource-constraints');
    expect([record.spec.productId, ...record.spec.fallbacks.map(({ productId }) => productId)]).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('closes a create that was not sent, and leaves alone what another process has begun', () => {
    expect(applied(creating, { kind: 'not-sent' }).attempts.openCreate).toBeNull();
    const theirs = { ...creating, attempts: { ...creating.attempts, openCreate: { ...attempt, startedAt: at(-1) } } };
    expect(applied(theirs, { kind: 'not-sent' })).toBe(theirs);
    expect(applied(theirs, refused('unauthorized'))).toBe(theirs);
  });
});

describe('decide, when several instances carry the marker', () => {
  const surplus = aNovitaInstance({ id: 'n0000000000000002' as typeof NOVITA_ID, status: 'running' });
  const kept = aNovitaInstance({ id: NOVITA_ID, status: 'running' });
  const attempts = { ...NO_ATTEMPTS, creates: 2, openCreate: { ...openCreate, startedAt: at(-60) } };
  const search = (status: string) => ({ beganAt: at(0), clean: true, matches: [kept, { ...surplus, status }] });

  it('stops the duplicate, and is done with it when it stands still', () => {
    const { step, record } = decided({ ...ready, attempts }, found('running', {}, search('running')));
    expect(step).toEqual({ kind: 'stop-surplus', target: surplus.id });
    expect(record.attempts.openCreate).not.toBeNull();
    const after = decided({ ...ready, attempts }, found('running', {}, search('exited')));
    expect(after).toMatchObject({ step: { kind: 'done' }, record: { attempts: { openCreate: null } } });
  });

  it('deletes it when the desired state is deleted, and claims nothing before', () => {
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
