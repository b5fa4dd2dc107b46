import { NO_ATTEMPTS } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, NOVITA_ID, NOW } from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import type { ProviderError } from '../problems/provider-errors.js';
import { applyCommandAccepted, applyCommandError, applyProbes } from './outcomes.js';

function error(kind: ProviderError['kind'], effectUnknown = false, retryAfterMs: number | null = null): ProviderError {
  return { kind, message: `it said ${kind}`, effectUnknown, retryAfterMs };
}

describe('applyCommandAccepted and applyCommandError', () => {
  const overrides: InstanceOverrides = {
    novitaInstanceId: NOVITA_ID,
    status: 'starting',
    attempts: { ...NO_ATTEMPTS, commands: 1, lastCommandAt: at(0) },
    deadlines: { startupBy: at(30) },
  };
  const starting = anInstance(overrides);
  const refusedAs = (command: 'start' | 'stop' | 'restart' | 'delete', ...args: Parameters<typeof error>) =>
    applyCommandError(starting, command, error(...args), NOW, POLICY);

  it('winds the clock of a run once, not at every repetition', () => {
    expect(applyCommandAccepted(starting, 'start', NOW, POLICY).deadlines.startupBy).toBe(at(600));
    const again = { ...starting, attempts: { ...starting.attempts, commands: 2 } };
    expect(applyCommandAccepted(again, 'start', NOW, POLICY).deadlines.startupBy).toBe(at(30));
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

describe('applyProbes', () => {
  const checking = anInstance({
    novitaInstanceId: NOVITA_ID,
    status: 'health_checking',
    deadlines: { startupBy: at(1), nextReconcileAt: at(10) },
    timestamps: { started: at(-60) },
  });
  const probe = (ok: boolean) => ({ port: 8080, protocol: 'http' as const, ok, at: at(0), detail: ok ? '200' : '502' });

  it('is ready when every port answers', () => {
    const record = applyProbes(checking, [probe(true)], at(0), NOW, POLICY);
    expect(record).toMatchObject({ status: 'ready', probes: [probe(true)], timestamps: { ready: at(0) } });
    expect(record.deadlines).toEqual({});
  });

  it('probes again while there is time, then gives up, names the port, and has it stopped', () => {
    const again = applyProbes(checking, [probe(true), probe(false)], at(0), NOW, POLICY);
    expect(again).toMatchObject({ status: 'health_checking', deadlines: { nextReconcileAt: at(10) } });
    const over = applyProbes({ ...checking, deadlines: { startupBy: at(0) } }, [probe(false)], at(0), NOW, POLICY);
    expect(over).toMatchObject({ status: 'failed', desired: { state: 'stopped', by: 'lifecycle' }, confirmedAt: null });
    expect(over.lastError).toMatchObject({
      code: 'health-check-timeout',
      message: expect.stringContaining('8080/http: 502'),
    });
  });
});
