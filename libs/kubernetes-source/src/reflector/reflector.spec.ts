import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelCluster, type WatchFault } from '../../test/support/model-cluster.js';
import { ModelSink } from '../../test/support/model-sink.js';
import { VirtualTime } from '../../test/support/virtual-time.js';
import { ApiserverError, type ApiserverErrorKind } from '../client/apiserver-error.js';
import { KINDS } from '../model/kinds.js';
import { ClusterAbilities, Reflector, type ReflectorEvent } from './reflector.js';

const MINUTE = 60_000;

/** A reflector of a model of a cluster, in virtual time. */
class Scene {
  readonly time = new VirtualTime();
  readonly cluster = new ModelCluster(this.time);
  readonly sink = new ModelSink();
  readonly abilities = new ClusterAbilities();
  readonly events: ReflectorEvent[] = [];
  readonly reflector: Reflector;
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(objects: number, random: () => number = () => 0.5) {
    for (let index = 0; index < objects; index++) this.cluster.put(`pod-${index}`);
    this.reflector = new Reflector({
      client: this.cluster,
      row: KINDS.Pod,
      scope: { kind: 'cluster' },
      sink: this.sink,
      clock: this.time,
      abilities: this.abilities,
      random,
      pageSize: 4,
      wait: this.time.wait,
      onEvent: (event) => this.events.push(event),
    });
  }

  async start(ms = 5_000): Promise<void> {
    this.running = this.reflector.run(this.end.signal);
    await this.time.advance(ms);
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  /** Where the sink has not exactly what the cluster has, in the same versions, and what it should not have been handed. */
  differences(): readonly string[] {
    const { objects, violations } = this.sink;
    const names = new Set([...objects.keys(), ...this.cluster.objects.keys()]);
    const differing = [...names].filter(
      (name) => objects.get(name) !== this.cluster.objects.get(name)?.metadata.resourceVersion,
    );
    return [...violations, ...differing];
  }

  phases(): readonly string[] {
    return this.sink.states.map((state) => (state.phase === 'waiting' ? state.reason : state.phase));
  }
}

describe('Reflector', () => {
  it('gets the full set by one WatchList and follows in the same watch', async () => {
    const scene = new Scene(10);
    await scene.start();
    scene.cluster.put('pod-3');
    scene.cluster.remove('pod-4');
    scene.cluster.put('new');
    await scene.time.advance(1_000);
    expect(scene.differences()).toEqual([]);
    expect([scene.cluster.watches, scene.cluster.firstPages, scene.sink.begun]).toEqual([1, 0, 1]);
    expect(scene.sink.batches).toEqual([3]);
    await scene.stop();
    expect(scene.phases()).toEqual(['listing', 'watching', 'stopped']);
  });

  it('gets it page by page where the cluster knows no WatchList, and does not ask again', async () => {
    const scene = new Scene(10);
    scene.cluster.offersWatchList = false;
    await scene.start();
    expect(scene.differences()).toEqual([]);
    scene.cluster.strike('expired');
    await scene.time.advance(5_000);
    scene.cluster.put('pod-3');
    await scene.time.advance(1_000);
    expect(scene.differences()).toEqual([]);
    expect([scene.cluster.refusedWatchLists, scene.cluster.firstPages, scene.sink.begun]).toEqual([1, 2, 2]);
    expect(scene.events.filter(({ kind }) => kind === 'full-set-begun')).toEqual([
      { kind: 'full-set-begun', via: 'list', cause: 'first' },
      { kind: 'full-set-begun', via: 'list', cause: 'expired' },
    ]);
    await scene.stop();
  });

  it('lists nothing in quiet hours, and stays in one state', async () => {
    const scene = new Scene(10);
    await scene.start();
    await scene.time.advance(5 * 60 * MINUTE);
    expect(scene.cluster.watches).toBeGreaterThan(30);
    expect(scene.sink.begun).toBe(1);
    expect(scene.phases()).toEqual(['listing', 'watching']);
    await scene.stop();
  });

  it('begins again, with a limit, when the token of a page has expired', async () => {
    const scene = new Scene(10);
    scene.cluster.offersWatchList = false;
    await scene.start(300);
    expect(scene.sink.begun).toBe(1);
    scene.cluster.compact();
    await scene.time.advance(5_000);
    expect(scene.differences()).toEqual([]);
    expect([scene.cluster.firstPages, scene.sink.begun, scene.cluster.gone]).toEqual([2, 2, 1]);
    await scene.stop();
  });

  it('cuts a watch that is silent for longer than it should last, and resumes it', async () => {
    const scene = new Scene(3);
    await scene.start();
    scene.cluster.strike('stall');
    scene.cluster.put('unheard');
    // 450 s by the chance of this scene, and 30 s.
    await scene.time.advance(474_000);
    expect(scene.sink.objects.has('unheard')).toBe(false);
    await scene.time.advance(8_000);
    expect(scene.differences()).toEqual([]);
    expect(scene.sink.begun).toBe(1);
    await scene.stop();
  });

  it.each([
    ['nothing of it has come', 0],
    ['a part of it has come', 250],
  ])('lists a kind whose WatchList is held back on its way, when %s', async (_what, ms) => {
    const scene = new Scene(10);
    await scene.start(2);
    await scene.time.advance(ms);
    scene.cluster.strike('stall');
    await scene.time.advance(59_000);
    expect(scene.cluster.firstPages).toBe(0);
    await scene.time.advance(5_000);
    expect([scene.differences(), scene.cluster.watches, scene.cluster.firstPages]).toEqual([[], 2, 1]);
    await scene.stop();
  });

  it('lists a kind whose WatchList is not answered', async () => {
    const scene = new Scene(3);
    const { cluster, time } = scene;
    const watch = cluster.watch.bind(cluster);
    cluster.watch = async (...query) => {
      if (query[2].version !== null) return watch(...query);
      await time.wait(30_000, query[3]);
      throw new ApiserverError('unreachable', 'no headers');
    };
    await scene.start(35_000);
    expect([scene.differences(), cluster.firstPages]).toEqual([[], 1]);
    await scene.stop();
  });

  it('hands on what stands before a broken line, and resumes after it', async () => {
    const scene = new Scene(3);
    await scene.start();
    scene.cluster.put('before');
    scene.cluster.strike('garbage');
    scene.cluster.put('after');
    await scene.time.advance(100);
    expect([...scene.sink.objects.keys()]).toContain('before');
    await scene.time.advance(1_000);
    expect(scene.differences()).toEqual([]);
    expect(scene.sink.begun).toBe(1);
    await scene.stop();
  });

  it('waits a minute for rights and says so meanwhile', async () => {
    const scene = new Scene(3);
    scene.cluster.errors.push('forbidden', 'forbidden');
    await scene.start();
    expect(scene.sink.states.at(-1)).toMatchObject({ phase: 'waiting', reason: 'forbidden' });
    await scene.time.advance(2 * MINUTE);
    expect(scene.differences()).toEqual([]);
    expect(scene.cluster.watches).toBe(3);
    await scene.stop();
  });

  it('gets the full set anew when asked, also while it waits', async () => {
    const scene = new Scene(3);
    await scene.start();
    scene.reflector.relist();
    await scene.time.advance(1_000);
    expect(scene.sink.begun).toBe(2);
    scene.cluster.errors.push('absent');
    scene.cluster.strike('cut');
    await scene.time.advance(2_000);
    expect(scene.phases().at(-1)).toBe('absent');
    scene.reflector.relist();
    await scene.time.advance(1_000);
    expect(scene.sink.begun).toBe(3);
    expect(scene.events.filter(({ kind }) => kind === 'full-set-begun').at(-1)).toMatchObject({ cause: 'asked' });
    expect(scene.differences()).toEqual([]);
    await scene.stop();
  });

  it('ends with what the sink throws', async () => {
    const scene = new Scene(3);
    scene.sink.complete = () => Promise.reject(new Error('no room'));
    const running = scene.reflector.run(new AbortController().signal);
    const [{ reason }] = (await Promise.all([Promise.allSettled([running]), scene.time.advance(5_000)]))[0] as [
      PromiseRejectedResult,
    ];
    expect(reason).toEqual(new Error('no room'));
    expect(scene.phases().at(-1)).toBe('stopped');
  });

  it('ends at once when it is stopped, whatever it does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2_000 }), fc.boolean(), async (ms, offersWatchList) => {
        const scene = new Scene(10);
        scene.cluster.offersWatchList = offersWatchList;
        scene.cluster.errors.push('server');
        await scene.start(ms);
        await scene.stop();
        expect(scene.phases().at(-1)).toBe('stopped');
      }),
      { numRuns: 30 },
    );
  });

  it('ends equal to the cluster after any faults, with no full set that was not needed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        fc.array(action(), { maxLength: 40 }),
        async (objects, offersWatchList, chances, actions) => {
          const scene = new Scene(objects, () => chances.next().value as number);
          const { cluster, sink, time } = scene;
          cluster.offersWatchList = offersWatchList;
          await scene.start(0);
          const count = { asked: 0, garbage: 0 };
          for (const act of actions) await act(scene, count);
          cluster.errors.length = 0;
          // A last minute of waiting for rights, the longest back-off, or a silent watch.
          await time.advance(12 * MINUTE);
          expect(scene.differences()).toEqual([]);
          expect(scene.phases().at(-1)).toBe('watching');
          const needed = 1 + cluster.gone + cluster.brokenFullSets + count.asked + Math.floor(count.garbage / 3);
          expect(sink.begun).toBeLessThanOrEqual(needed);
          expect(cluster.refusedWatchLists).toBeLessThanOrEqual(1);
          await scene.stop();
        },
      ),
      { numRuns: 150 },
    );
  });
});

type Action = (scene: Scene, count: { asked: number; garbage: number }) => Promise<void>;

function action(): fc.Arbitrary<Action> {
  const name = fc.integer({ min: 0, max: 15 }).map((index) => `pod-${index}`);
  const errors: readonly ApiserverErrorKind[] = [
    'throttled',
    'server',
    'unauthorized',
    'unreachable',
    'forbidden',
    'too-large-version',
    'gone',
  ];
  return fc.oneof(
    {
      weight: 4,
      arbitrary: name.map(
        (it): Action =>
          async ({ cluster }) =>
            cluster.put(it),
      ),
    },
    {
      weight: 2,
      arbitrary: name.map(
        (it): Action =>
          async ({ cluster }) =>
            cluster.remove(it),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(1, 150, 1_000, 20_000, 7 * MINUTE).map(
        (ms): Action =>
          ({ time }) =>
            time.advance(ms),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom<WatchFault>('cut', 'garbage', 'stall', 'expired').map((fault): Action => {
        return async ({ cluster }, count) => {
          const hit = cluster.strike(fault);
          if (fault === 'garbage') count.garbage += hit;
        };
      }),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...errors).map(
        (kind): Action =>
          async ({ cluster }) => {
            if (kind === 'gone') cluster.gone++;
            cluster.errors.push(kind);
          },
      ),
    },
    { weight: 1, arbitrary: fc.constant<Action>(async ({ cluster }) => cluster.compact()) },
    {
      weight: 1,
      arbitrary: fc.constant<Action>(async ({ reflector }, count) => {
        count.asked++;
        reflector.relist();
      }),
    },
  );
}
