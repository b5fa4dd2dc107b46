import type { EndingObservation } from '@app/instance-store';
import type { KnownNovitaStatus, NovitaInstanceId } from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { aNovitaInstance, anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import type { Found } from '../state-machine/model.js';
import { observeEnding } from './observe-ending.js';

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): Timestamp => timestampFromMs(START + seconds * 1_000);
const ASKED_AT = 1_000;

const seen = (status: KnownNovitaStatus, startedAt: number | null, seconds = ASKED_AT + 5): Found => ({
  kind: 'found',
  instance: aNovitaInstance({ status, lastStartedAt: startedAt === null ? null : at(startedAt) }),
  source: 'get',
  at: at(seconds),
  search: null,
});

const asked = (overrides: InstanceOverrides = {}) => ({
  at: at(ASKED_AT),
  record: anInstance({ status: 'stopping', novitaStatus: 'running', ...overrides }),
});

/** What is known after these observations, one after the other. */
function after(observations: readonly Found[], command = asked()): EndingObservation | null {
  return observations.reduce<EndingObservation | null>((known, each) => observeEnding(known, each, command), null);
}

describe('an instance that is being ended', () => {
  it('is known by its latest start from the first observation on at which it runs or stands', () => {
    expect(after([seen('running', 10)])).toMatchObject({ lastStartedAt: at(10) });
    expect(after([seen('exited', 10, 1_020)])).toMatchObject({ lastStartedAt: at(10), stoppedAt: at(1_020) });
    for (const status of ['toStop', 'stopping', 'migrating', 'freezing'] as const)
      expect(after([seen(status, 10)])).toBeNull();
  });

  it.each([
    ['its time of start has moved', [seen('running', 10), seen('running', 1_010)], 1_010],
    ['it stops, and comes up again', [seen('running', 10), seen('stopping', 10), seen('starting', 10, 1_030)], 1_030],
    ['it is restarted', [seen('running', 10), seen('restarting', 10, 1_030)], 1_030],
    ['it stood still, and no time of start is known', [seen('exited', null), seen('running', null, 1_040)], 1_040],
    ['it runs since long after the command', [seen('running', 1_061)], 1_061],
  ] as const)('was started again when %s', (_, observations, since) => {
    expect(after(observations)?.startedAgainAt).toBe(at(since));
  });

  it.each([
    ['it runs on', [seen('running', 10), seen('running', 10)]],
    ['it is slow to stop', [seen('running', 10), seen('stopping', 10), seen('exited', 10)]],
    ['the clocks differ a little', [seen('running', 1_059)]],
    ['no time of start is known', [seen('running', null), seen('running', 1_400)]],
    ['it stands still again', [seen('running', 10), seen('exited', 1_010)]],
  ] as const)('was not started again when %s', (_, observations) => {
    expect(after(observations)?.startedAgainAt).toBeUndefined();
  });

  it('was not started again by a start that was on its way when the command came', () => {
    const starting = asked({ novitaStatus: 'exited', timestamps: { created: at(0) } });
    const creating = asked({ novitaStatus: 'pulling', timestamps: { created: at(0) } });
    const isUp = seen('running', 1_200);
    for (const before of [[], [seen('toStart', 10)], [seen('toStart', 10), seen('starting', 10)]])
      expect(after([...before, isUp], starting)?.startedAgainAt).toBeUndefined();
    expect(after([seen('pulling', null), isUp], creating)?.startedAgainAt).toBeUndefined();
    const standing = asked({ novitaStatus: 'exited', timestamps: { created: at(0), stopped: at(5) } });
    expect(after([seen('running', 1_200)], standing)?.startedAgainAt).toBe(at(1_200));
  });

  it('is another one when the provider shows another id', () => {
    const other = { ...seen('running', 1_010), instance: aNovitaInstance({ id: 'n2' as NovitaInstanceId }) };
    expect(after([seen('running', 10), other])).toMatchObject({ novitaInstanceId: 'n2', lastStartedAt: null });
  });
});
