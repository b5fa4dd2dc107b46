import { type InstanceRecord, NO_ATTEMPTS } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, NOVITA_ID, NOW } from '../../test/fakes/seen.js';
import { POLICY } from '../../test/fakes/world.js';
import type { ProviderFault } from '../problems/provider-fault.js';
import { noteCommandRefused, noteCommandTaken } from './command-outcome.js';
import { type CreateOutcome, noteCreateOutcome } from './create-outcome.js';
import { noteProbes } from './probe-outcome.js';

const attempt = { startedAt: at(-2), productId: 'p' };
const creating = anInstance({
  desired: { state: 'running', at: at(-10), by: 'user:test' },
  attempts: { ...NO_ATTEMPTS, creates: 1, openCreate: attempt },
});

function fault(kind: ProviderFault['kind'], effectUnknown = false, retryAfterMs: number | null = null): ProviderFault {
  return { kind, message: `it said ${kind}`, effectUnknown, retryAfterMs };
}

const refused = (...args: Parameters<typeof fault>): CreateOutcome => ({ kind: 'refused', fault: fault(...args) });
const created: CreateOutcome = { kind: 'created', id: NOVITA_ID };
const noted = (record: InstanceRecord, outcome: CreateOutcome): InstanceRecord =>
  noteCreateOutcome(record, attempt, outcome, NOW, POLICY);

describe('noteCreateOutcome', () => {
  it('takes the id, closes the create and winds the clock of the run', () => {
    const record = noted(creating, created);
    expect(record).toMatchObject({
      novitaInstanceId: NOVITA_ID,
      status: 'created',
      source: 'command',
      observedAt: at(0),
    });
    expect(record.attempts.openCreate).toBeNull();
    expect(record.deadlines).toEqual({ startupBy: at(600), nextReconcileAt: at(5) });
  });

  it('keeps the id under another wish too, and has it looked after at once', () => {
    const deleting = {
      ...creating,
      status: 'deleting' as const,
      desired: { ...creating.desired, state: 'deleted' as const },
    };
    const record = noted(deleting, created);
    expect(record).toMatchObject({
      novitaInstanceId: NOVITA_ID,
      status: 'deleting',
      deadlines: { nextReconcileAt: at(0) },
    });
  });

  it('has the next looks search for both when another instance was adopted meanwhile', () => {
    const other = { ...creating, novitaInstanceId: 'other' as NovitaInstanceId, attempts: NO_ATTEMPTS };
    const record = noted(other, created);
    expect(record.novitaInstanceId).toBe('other');
    expect(record.attempts.openCreate?.startedAt).toBe(at(0));
  });

  it('leaves a create that followed another one open for one more look', () => {
    const second = { ...creating, attempts: { ...creating.attempts, creates: 2 } };
    expect(noted(second, created).attempts.openCreate).toEqual(attempt);
  });

  it.each(['server-fault', 'network', 'timeout', 'malformed-answer'] as const)(
    'keeps the create open after %s',
    (kind) => {
      const record = noted(creating, refused(kind, true));
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
    const record = noted(creating, refused(kind));
    expect(record).toMatchObject({
      status: 'failed',
      lastError: { code },
      desired: { state: 'stopped', by: 'lifecycle' },
    });
    expect(record.attempts.openCreate).toBeNull();
  });

  it('waits as long as it is told to', () => {
    const record = noted(creating, refused('rate-limited', false, 45_000));
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
      record = noted(
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
    expect(noted(creating, { kind: 'not-sent' }).attempts.openCreate).toBeNull();
    const theirs = { ...creating, attempts: { ...creating.attempts, openCreate: { ...attempt, startedAt: at(-1) } } };
    expect(noted(theirs, { kind: 'not-sent' })).toBe(theirs);
    expect(noted(theirs, refused('unauthorized'))).toBe(theirs);
  });
});

describe('noteCommandTaken and noteCommandRefused', () => {
  const overrides: InstanceOverrides = {
    novitaInstanceId: NOVITA_ID,
    status: 'starting',
    attempts: { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(0) },
    deadlines: { startupBy: at(30) },
  };
  const starting = anInstance(overrides);
  const refusedAs = (command: 'start' | 'stop' | 'restart' | 'delete', ...args: Parameters<typeof fault>) =>
    noteCommandRefused(starting, command, fault(...args), NOW, POLICY);

  it('winds the clock of a run once, not at every repetition', () => {
    expect(noteCommandTaken(starting, 'start', NOW, POLICY).deadlines.startupBy).toBe(at(600));
    const again = { ...starting, attempts: { ...starting.attempts, commands: 2 } };
    expect(noteCommandTaken(again, 'start', NOW, POLICY).deadlines.startupBy).toBe(at(30));
  });

  it.each([
    ['insufficient-resource', 'resource-constraints'],
    ['insufficient-balance', 'insufficient-balance'],
    ['unauthorized', 'provider-unauthorized'],
    ['invalid-request', 'startup-failed'],
  ] as const)('gives a start up after %s, as %s', (kind, code) => {
    expect(refusedAs('start', kind)).toMatchObject({ status: 'failed', lastError: { code } });
  });

  it.each(['invalid-state', 'not-found', 'rate-limited', 'circuit-open', 'server-fault', 'network'] as const)(
    'reads again after %s before it believes anything',
    (kind) => {
      const unknown = kind === 'invalid-state' || kind === 'server-fault' || kind === 'network';
      const record = refusedAs('start', kind, unknown, kind === 'rate-limited' ? 40_000 : null);
      expect(record).toMatchObject({ status: 'starting', desired: starting.desired });
      expect(record.deadlines.nextReconcileAt).toBe(kind === 'rate-limited' ? at(40) : at(5));
    },
  );

  it.each(['stop', 'delete'] as const)('never gives a %s up', (command) => {
    for (const kind of ['unauthorized', 'invalid-request', 'insufficient-balance', 'invalid-state'] as const) {
      const record = refusedAs(command, kind);
      expect(record.desired).toBe(starting.desired);
      expect(record.deadlines.nextReconcileAt).toBe(at(5));
    }
    expect(refusedAs(command, 'unauthorized').lastError?.code).toBe('provider-unauthorized');
  });

  it('lets an instance run on whose restart is refused', () => {
    const record = refusedAs('restart', 'invalid-request');
    expect(record).toMatchObject({
      restartRequestedAt: null,
      lastError: { code: 'restart-refused' },
      desired: starting.desired,
    });
  });
});

describe('noteProbes', () => {
  const checking = anInstance({
    novitaInstanceId: NOVITA_ID,
    status: 'health_checking',
    deadlines: { startupBy: at(1), nextReconcileAt: at(10) },
    timestamps: { started: at(-60) },
  });
  const probe = (ok: boolean) => ({ port: 8080, protocol: 'http' as const, ok, at: at(0), detail: ok ? '200' : '502' });

  it('is ready when every port answers', () => {
    const record = noteProbes(checking, [probe(true)], at(0), NOW, POLICY);
    expect(record).toMatchObject({ status: 'ready', probes: [probe(true)], timestamps: { ready: at(0) } });
    expect(record.deadlines).toEqual({});
  });

  it('probes again while there is time, then gives up, names the port, and has it stopped', () => {
    const again = noteProbes(checking, [probe(true), probe(false)], at(0), NOW, POLICY);
    expect(again).toMatchObject({ status: 'health_checking', deadlines: { nextReconcileAt: at(10) } });
    const over = noteProbes({ ...checking, deadlines: { startupBy: at(0) } }, [probe(false)], at(0), NOW, POLICY);
    expect(over).toMatchObject({ status: 'failed', desired: { state: 'stopped', by: 'lifecycle' }, confirmedAt: null });
    expect(over.lastError).toMatchObject({
      code: 'health-check-timeout',
      message: expect.stringContaining('8080/http: 502'),
    });
  });
});
