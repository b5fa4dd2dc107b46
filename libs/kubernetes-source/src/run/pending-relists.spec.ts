import { FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { anObject } from '../../test/support/objects.js';
import type { KubernetesKind } from '../model/kinds.js';
import { KindReload } from './kind-reload.js';
import { MirrorSink } from './mirror-sink.js';
import { PendingRelists, type Relist } from './pending-relists.js';

describe('parts of the cluster that are read anew', () => {
  const clock = new FakeClock();
  let relists: PendingRelists;
  let pods: MirrorSink;
  let written: Promise<void>;

  beforeEach(async () => {
    relists = new PendingRelists();
    written = Promise.resolve();
    pods = sinkOf('Pod');
    await read(['a']);
  });

  const sinkOf = (kind: KubernetesKind): MirrorSink =>
    new MirrorSink({
      kind,
      scope: { kind: 'cluster' },
      clock,
      maxRemovedPercent: 30,
      writer: {
        write: async () => {
          await written;
          return { added: 0, modified: 0, removed: 0 };
        },
      },
      reload: new KindReload(async () => undefined),
      observer: { moved: () => relists.check(), written: () => undefined, fullSet: () => undefined },
    });

  const read = async (names: readonly string[]): Promise<void> => {
    await pods.begin();
    await pods.add(
      names.map((name) => anObject(name)),
      0,
    );
    await pods.complete('9');
  };
  const forbidden = (): void =>
    pods.state({ phase: 'waiting', reason: 'forbidden', error: 'no', nextAt: clock.timestamp() });
  const isOver = (relist: Relist) => Promise.race([relist.isRead, Promise.resolve('under way')]);

  it('are not read by a set that began before they were asked for', async () => {
    const writing = Promise.withResolvers<void>();
    written = writing.promise;
    const before = read(['a', 'b']);
    const relist = relists.begin([pods], false);
    writing.resolve();
    await before;
    expect([await isOver(relist), relist.unread()]).toEqual(['under way', ['Pod']]);
    await read(['a']);
    expect([await isOver(relist), relist.unread()]).toEqual([true, []]);
  });

  it('are over when they cannot be read, and then nothing of them is forced any more', async () => {
    forbidden();
    pods.force(clock.now() + 60_000);
    const relist = relists.begin([pods], true);
    relists.check();
    // They may have become readable just now.
    expect(await isOver(relist)).toBe('under way');
    forbidden();
    expect([await isOver(relist), relist.unread()]).toEqual([true, ['Pod']]);
    await read([]);
    expect(pods.held?.keys.size).toBe(1);
  });

  it('stay forced for somebody else who waits for them', async () => {
    const nodes = sinkOf('Node');
    pods.force(clock.now() + 60_000);
    const [one, other] = [relists.begin([pods], true), relists.begin([pods, nodes], true)];
    // One that says nothing yet keeps the other one waiting.
    forbidden();
    expect([await isOver(one), await isOver(other)]).toEqual([true, 'under way']);
    await read([]);
    expect(pods.held).toBeNull();
  });
});
