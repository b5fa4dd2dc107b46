import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { Problem } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, NOVITA_ID, NOW } from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import { applyCommand } from './command-rules.js';
import type { RunCommand } from './instance-commands.js';

const DESIRED: Readonly<Record<InstanceStatus, 'running' | 'stopped' | 'deleted'>> = {
  creating: 'running',
  created: 'running',
  starting: 'running',
  running: 'running',
  health_checking: 'running',
  ready: 'running',
  restarting: 'running',
  migrating: 'running',
  stopping: 'stopped',
  stopped: 'stopped',
  failed: 'stopped',
  deleting: 'deleted',
  terminated: 'deleted',
};

/** What becomes of a command: the new status, `already`, or the code of the rejection. */
function outcome(command: RunCommand, overrides: InstanceOverrides & { readonly status: InstanceStatus }): string {
  const desired = { state: DESIRED[overrides.status], at: at(-60), by: 'user:test' } as const;
  const record = anInstance({ novitaInstanceId: NOVITA_ID, desired, ...overrides });
  try {
    const next = applyCommand(record, command, 'user:me', NOW, POLICY);
    return next === record ? 'already' : next.status;
  } catch (error) {
    if (error instanceof Problem) return error.type.code;
    throw error;
  }
}

const table = (command: RunCommand): Record<string, string> =>
  Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, outcome(command, { status })]));

describe('applyCommand', () => {
  it('starts what stands still', () => {
    expect(table('start')).toEqual({
      creating: 'already',
      created: 'already',
      starting: 'already',
      running: 'already',
      health_checking: 'already',
      ready: 'already',
      restarting: 'already',
      stopping: 'starting',
      stopped: 'starting',
      failed: 'starting',
      migrating: 'instance-busy',
      deleting: 'instance-busy',
      terminated: 'instance-terminated',
    });
    expect(outcome('start', { status: 'failed', novitaInstanceId: null })).toBe('creating');
  });

  it('stops what runs or is about to', () => {
    expect(table('stop')).toEqual({
      creating: 'stopping',
      created: 'stopping',
      starting: 'stopping',
      running: 'stopping',
      health_checking: 'stopping',
      ready: 'stopping',
      restarting: 'stopping',
      stopping: 'already',
      stopped: 'already',
      failed: 'already',
      migrating: 'instance-busy',
      deleting: 'instance-busy',
      terminated: 'instance-terminated',
    });
  });

  it('restarts only what runs', () => {
    expect(table('restart')).toEqual({
      creating: 'instance-busy',
      created: 'instance-busy',
      starting: 'instance-busy',
      running: 'restarting',
      health_checking: 'restarting',
      ready: 'restarting',
      restarting: 'already',
      stopping: 'instance-busy',
      stopped: 'instance-not-running',
      failed: 'instance-not-running',
      migrating: 'instance-busy',
      deleting: 'instance-busy',
      terminated: 'instance-terminated',
    });
  });

  it('deletes anything but what is being moved', () => {
    const expected = Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, 'deleting']));
    expect(table('delete')).toEqual({
      ...expected,
      migrating: 'instance-busy',
      deleting: 'already',
      terminated: 'already',
    });
  });

  it('lets nothing run whose lifetime is over, and stops and deletes it as ever', () => {
    const over = { maxLifetimeMinutes: 1, timestamps: { created: at(-60) } } as const;
    expect(outcome('start', { status: 'stopped', ...over })).toBe('lifetime-over');
    expect(outcome('restart', { status: 'ready', ...over })).toBe('lifetime-over');
    expect(outcome('start', { status: 'ready', ...over })).toBe('already');
    expect(outcome('stop', { status: 'ready', ...over })).toBe('stopping');
    expect(outcome('delete', { status: 'ready', ...over })).toBe('deleting');
    expect(outcome('start', { status: 'stopped', ...over, maxLifetimeMinutes: 1.1 })).toBe('starting');
  });

  it('leaves what was made elsewhere alone', () => {
    for (const command of ['start', 'stop', 'restart', 'delete'] as const) {
      expect(outcome(command, { status: 'ready', origin: 'discovered' })).toBe('not-adopted');
    }
  });

  it('gives a second start a run of its own, and forgets no open create', () => {
    const openCreate = { startedAt: at(-5), productId: 'p' };
    const record = anInstance({
      novitaInstanceId: NOVITA_ID,
      status: 'failed',
      desired: { state: 'stopped', at: at(-60), by: 'lifecycle' },
      confirmedAt: at(-50),
      lastError: { code: 'startup-timeout', message: '', at: at(-60), retryable: true, suggestion: '' },
      deadlines: { startupBy: at(-60) },
      timestamps: { started: at(-600), ready: at(-500), stopped: at(-60) },
      probes: [{ port: 80, protocol: 'http', ok: false, at: at(-70), detail: '502' }],
      attempts: { creates: 2, commands: 3, lastCommandAt: at(-60), faults: 4, openCreate },
    });
    const next = applyCommand(record, 'start', 'user:me', NOW, POLICY);
    expect(next).toMatchObject({
      desired: { state: 'running', at: at(0), by: 'user:me' },
      confirmedAt: null,
      lastError: null,
      probes: [],
      attempts: { creates: 0, commands: 0, lastCommandAt: null, faults: 0, openCreate },
      deadlines: { startupBy: at(600), nextReconcileAt: at(0) },
    });
    expect(next.timestamps).toEqual({ created: record.timestamps.created });
  });
});
