import { FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { anObject } from '../../test/support/objects.js';
import type { KubernetesKind } from '../model/kinds.js';
import type { ResourceKey } from '../model/resource.js';
import type { ReflectorState } from '../reflector/reflector-sink.js';
import { KindReload } from './kind-reload.js';
import { freshnessOf } from './kind-standing.js';
import { MirrorSink } from './mirror-sink.js';
import { RunObserver } from './run-observer.js';

const NO_COUNTS = { added: 0, modified: 0, removed: 0 };

describe('the runs that reflectors make', () => {
  let clock: FakeClock;
  let reported: string[];
  let runs: RunObserver;
  let pods: MirrorSink;
  let nodes: MirrorSink;

  const sinkOf = (kind: KubernetesKind): MirrorSink =>
    new MirrorSink({
      kind,
      scope: { kind: 'cluster' },
      clock,
      maxRemovedPercent: 30,
      writer: { write: async () => NO_COUNTS },
      reload: new KindReload(async () => undefined),
      observer: { moved: () => runs.check(), written: () => undefined, fullSet: () => undefined },
    });
  const waiting = (reason: 'unreachable' | 'forbidden' | 'refused' | 'absent'): ReflectorState => ({
    phase: 'waiting',
    reason,
    error: `it is ${reason}`,
    nextAt: clock.timestamp(),
  });
  const listing = (): ReflectorState => ({ phase: 'listing', via: 'list', since: clock.timestamp() });
  const watching = (): ReflectorState => ({ phase: 'watching', since: clock.timestamp() });
  const read = async (sink: MirrorSink): Promise<void> => {
    sink.state(listing());
    await sink.begin();
    await sink.add([anObject('a')], 0);
    await sink.complete('9');
  };
  /** One attempt that fails, as a reflector has one after the other. */
  const failAgain = (sink: MirrorSink): void => {
    sink.state(listing());
    clock.advance(10_000);
    sink.state(waiting('unreachable'));
  };

  beforeEach(() => {
    clock = new FakeClock();
    pods = sinkOf('Pod');
    nodes = sinkOf('Node');
    start([pods, nodes]);
  });

  const start = (sinks: readonly MirrorSink[]): void => {
    reported = [];
    runs = new RunObserver(
      sinks,
      {
        began: (trigger) => reported.push(`began ${trigger}`),
        step: () => undefined,
        kind: () => undefined,
        ended: (outcome, error) => reported.push(error === null ? outcome : `${outcome}: ${error}`),
        leased: () => undefined,
        close: async () => undefined,
      },
      clock,
    );
    runs.begin('startup', ['Pod', 'Node'], new Set(sinks));
  };

  it('fails while the cluster is away, however often it is tried, and makes a run when it is back', async () => {
    await read(nodes);
    nodes.state(watching());
    for (let tries = 0; tries < 3; tries++) failAgain(pods);
    expect(reported).toEqual(['began startup']);
    failAgain(pods);
    expect(reported.slice(1)).toEqual(['failed: Pod: unreachable: it is unreachable']);
    await read(pods);
    pods.state(watching());
    expect(reported.slice(2)).toEqual(['began retry', 'completed']);
  });

  it('has patience anew with a cluster that has sent something', async () => {
    await read(nodes);
    nodes.state(watching());
    for (let tries = 0; tries < 3; tries++) failAgain(pods);
    pods.state(listing());
    await pods.begin();
    await pods.add([anObject('a')], 5);
    pods.state(waiting('unreachable'));
    failAgain(pods);
    expect(reported).toEqual(['began startup']);
  });

  it('is not over while the watch of a kind that was read cannot be opened', async () => {
    for (const sink of [nodes, pods]) await read(sink);
    nodes.state(watching());
    pods.state(waiting('unreachable'));
    expect(reported).toEqual(['began startup']);
    pods.state(watching());
    expect(reported.slice(1)).toEqual(['completed']);
  });

  it('fails when the watch of a kind that was read cannot be opened for long, unless RBAC forbids it', async () => {
    for (const sink of [nodes, pods]) await read(sink);
    nodes.state(waiting('forbidden'));
    pods.state(waiting('unreachable'));
    clock.advance(30_000);
    runs.check();
    expect(reported.slice(1)).toEqual(['failed: Pod: unreachable: it is unreachable']);
  });

  it('completes although one answer was an error, and has patience with it', async () => {
    await read(nodes);
    nodes.state(watching());
    pods.state(listing());
    pods.state(waiting('refused'));
    expect(reported).toEqual(['began startup']);
    await read(pods);
    pods.state(watching());
    expect(reported.slice(1)).toEqual(['completed']);
  });

  it('makes a run for a kind that was read after it was reported as failed, and no more than one', async () => {
    nodes.state(listing());
    for (let tries = 0; tries < 4; tries++) failAgain(pods);
    await read(pods);
    pods.state(watching());
    expect(reported).toEqual(['began startup']);
    await read(nodes);
    nodes.state(watching());
    runs.check();
    runs.check();
    expect(reported.slice(1)).toEqual(['completed', 'began retry', 'completed']);
  });

  it('makes no run for a part of a kind that recovered while another part of it is forbidden', async () => {
    const other = sinkOf('Pod');
    start([pods, nodes, other]);
    nodes.state(listing());
    other.state(waiting('forbidden'));
    for (let tries = 0; tries < 4; tries++) failAgain(pods);
    await read(pods);
    pods.state(watching());
    await read(nodes);
    nodes.state(watching());
    for (let looks = 0; looks < 3; looks++) runs.check();
    expect(reported).toEqual(['began startup', 'completed']);
  });

  it('shows a kind that the cluster lacks as empty, but for what is stored of it', () => {
    pods.state(waiting('absent'));
    expect(freshnessOf([pods], undefined)).toEqual({ asOf: null, error: 'absent: it is absent' });
    pods.trustAbsence();
    expect(freshnessOf([pods], undefined)).toEqual({ asOf: clock.timestamp(), error: null });
    nodes.prime('a' as ResourceKey, 'u 1.1');
    nodes.trustAbsence();
    nodes.state(waiting('absent'));
    expect(freshnessOf([nodes], undefined)).toEqual({ asOf: null, error: 'absent: it is absent' });
  });

  it('shows a kind that it has followed as old when that is called absent, however empty it was', async () => {
    pods.trustAbsence();
    await pods.begin();
    await pods.complete('9');
    const readAt = clock.timestamp();
    clock.advance(1_000);
    pods.state(waiting('absent'));
    expect(freshnessOf([pods], undefined)).toEqual({ asOf: readAt, error: 'absent: it is absent' });
  });

  it('shows a kind as stale until something has come of it, not while it is tried anew', async () => {
    const error = () => freshnessOf([pods], undefined).error;
    pods.trouble = 'paused: by user:a';
    pods.state(listing());
    expect(error()).toBe('paused: by user:a');
    pods.state(waiting('unreachable'));
    pods.state(listing());
    await pods.begin();
    await pods.add([], 5);
    expect(error()).toBe('unreachable: it is unreachable');
    await pods.add([anObject('a')], 0);
    expect(error()).toBeNull();
    pods.state(waiting('unreachable'));
    await pods.complete('9');
    expect(error()).toBeNull();
    pods.state(waiting('unreachable'));
    pods.state(watching());
    expect(error()).toBeNull();
  });
});
