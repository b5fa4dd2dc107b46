import { NO_ATTEMPTS } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, found, NOVITA_ID, NOW } from '../../test/fakes/seen.js';
import { POLICY } from '../../test/fakes/world.js';
import { decide } from './decide.js';

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

describe('decide, of an instance that was adopted as it was seen', () => {
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
