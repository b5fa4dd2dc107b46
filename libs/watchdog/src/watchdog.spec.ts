import { type Novita, type NovitaInstanceId, NovitaNotFoundError } from '@app/novita-client';
import { MetricsRegistry, MINUTE_MS, timestampFromMs } from '@app/platform';
import { aNovitaInstance, FakeClock, partialNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WatchedInstance, WatchMemory } from './decide-watch.js';
import { type ApiAnswer, FleetApi, type WatchdogReport } from './fleet-api.js';
import { type Notice, Notices } from './notices.js';
import { WatchFile } from './watch-file.js';
import { Watchdog } from './watchdog.js';
import { WatchdogMetrics } from './watchdog-metrics.js';

beforeAll(() => Logger.overrideLogger(false));

const SILENT = { kind: 'silent', why: 'test' } as const;
const signal = new AbortController().signal;

/** A watchdog whose API, Novita, file and receiver are in memory. Time is moved by hand. */
class World {
  readonly clock = new FakeClock();
  readonly overdue: WatchedInstance = {
    id: 'ins_1',
    novitaInstanceId: 'n1',
    name: 'llama',
    marker: '-nfabcd',
    stopAt: timestampFromMs(this.clock.now() - 60 * MINUTE_MS),
  };
  readonly reports: WatchdogReport[] = [];
  readonly notices: Notice[] = [];
  readonly stops: string[] = [];
  written: WatchMemory | null = null;
  deadlines: ApiAnswer<readonly WatchedInstance[]> = { kind: 'ok', value: [this.overdue] };
  reported: ApiAnswer<unknown> = { kind: 'ok', value: { taken: [] } };
  onReport: () => void = () => undefined;
  stopFails = false;
  status: string | null = 'running';
  readonly registry = new MetricsRegistry();
  readonly metrics: WatchdogMetrics;
  readonly watchdog: Watchdog;

  constructor(dryRun = false) {
    const api: FleetApi = Object.create(FleetApi.prototype, {
      deadlines: { value: async () => this.deadlines },
      report: {
        value: async (report: WatchdogReport) => {
          const { reported } = this;
          if (reported.kind !== 'silent') this.reports.push(report);
          this.onReport();
          return reported;
        },
      },
    });
    const novita: Novita = partialNovita({
      instances: {
        get: async () => {
          if (this.status === null) throw new NovitaNotFoundError('no such instance', { call: 'GET /gpu/instance' });
          return aNovitaInstance({ id: 'n1' as NovitaInstanceId, name: 'llama-nfabcd', status: this.status });
        },
        stop: async (id) => {
          this.stops.push(id);
          if (this.stopFails) throw new Error('refused');
        },
      },
    });
    const file: WatchFile = Object.create(WatchFile.prototype, {
      write: { value: async (memory: WatchMemory) => void (this.written = memory) },
    });
    const notices: Notices = Object.create(Notices.prototype, {
      add: { value: (notice: Notice) => void this.notices.push(notice) },
      flush: { value: async () => undefined },
    });
    const options = { intervalMs: MINUTE_MS, patienceMs: 3 * MINUTE_MS, marginMs: 0, dryRun };
    this.metrics = new WatchdogMetrics(this.registry, this.clock);
    this.watchdog = new Watchdog(api, novita, file, notices, this.metrics, this.clock, options);
    this.metrics.show(() => this.watchdog.state);
  }

  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      vi.advanceTimersByTime(MINUTE_MS);
      this.clock.advance(MINUTE_MS);
      await this.watchdog.round(signal);
    }
  }

  /** The samples of one metric, by their labels. */
  async shown(name: string): Promise<readonly (readonly [string, number])[]> {
    const metric = await this.registry.getSingleMetric(name)?.get();
    return (metric?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(), value] as const);
  }

  get said(): readonly string[] {
    return this.notices.map(({ type }) => type);
  }
}

describe('the rounds of the watchdog', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'], now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('stops what is overdue after its patience, once, says so, and reports it when the API is back', async () => {
    const world = new World();
    await world.rounds(1);
    world.reported = SILENT;
    await world.rounds(2);
    expect(world.stops).toEqual([]);
    await world.rounds(3);
    expect(world.stops).toEqual(['n1']);
    expect(world.said).toEqual(['watchdog.api_silent', 'watchdog.stopped']);
    expect(world.written?.acts).toMatchObject([{ id: 'ins_1', dryRun: false }]);
    world.reported = { kind: 'ok', value: { taken: ['ins_1'] } };
    await world.rounds(1);
    expect(world.reports.at(-1)?.acts).toHaveLength(1);
    expect(world.written?.acts).toEqual([]);
    expect(world.said.at(-1)).toBe('watchdog.api_back');
  });

  it('reports much in pieces, all of them again when one was not taken', async () => {
    const world = new World();
    const many = Array.from({ length: 1_200 }, (_, place) => ({ ...world.overdue, id: `ins_${place}` }));
    world.deadlines = { kind: 'ok', value: many };
    await world.rounds(1);
    const { reported } = world;
    world.reported = SILENT;
    await world.rounds(4);
    expect(world.written?.acts).toHaveLength(1_200);
    world.reported = reported;
    world.onReport = () => {
      if (world.reports.length === 3) world.reported = SILENT;
    };
    await world.rounds(1);
    world.reported = reported;
    world.onReport = () => undefined;
    await world.rounds(1);
    expect(world.reports.map(({ acts }) => acts.length)).toEqual([0, 500, 500, 500, 500, 200]);
    expect(world.reports.slice(3).flatMap(({ acts }) => acts.map(({ id }) => id))).toEqual(many.map(({ id }) => id));
    expect(world.written?.acts).toEqual([]);
  });

  it('shows when it looked last, for how long the API is silent, what it remembers, and what became of stops', async () => {
    const world = new World();
    const ages = ['novita_watchdog_last_look_age_seconds', 'novita_watchdog_deadlines'] as const;
    for (const name of ages) expect([name, await world.shown(name)]).toEqual([name, []]);
    await world.rounds(1);
    world.clock.advance(7_000);
    expect(await world.shown('novita_watchdog_last_look_age_seconds')).toEqual([['', 7]]);
    expect(await world.shown('novita_watchdog_deadlines')).toEqual([['', 1]]);
    expect(await world.shown('novita_watchdog_api_silent_seconds')).toEqual([['', 0]]);
    [world.reported, world.stopFails] = [SILENT, true];
    await world.rounds(4);
    expect(await world.shown('novita_watchdog_api_silent_seconds')).toEqual([['', 240]]);
    world.stopFails = false;
    await world.rounds(1);
    const stops = [
      ['accepted', 1],
      ['dry-run', 0],
      ['failed', 2],
    ];
    expect(await world.shown('novita_watchdog_stops_total')).toEqual(stops);
    expect(await world.shown('novita_watchdog_unreported_stops')).toEqual([['', 1]]);
  });

  it('claims no stop that Novita has refused, and says it when one is accepted', async () => {
    const world = new World();
    await world.rounds(1);
    [world.reported, world.stopFails] = [SILENT, true];
    await world.rounds(5);
    expect(world.stops.length).toBeGreaterThan(1);
    expect(world.watchdog.state.unreported).toBe(0);
    world.stopFails = false;
    await world.rounds(1);
    expect(world.watchdog.state.unreported).toBe(1);
    expect(world.said).toEqual(['watchdog.api_silent', 'watchdog.stopped']);
  });

  it('does not repeat an accepted stop at once while Novita still says running, but in the end', async () => {
    const world = new World();
    await world.rounds(1);
    world.reported = SILENT;
    await world.rounds(7);
    expect(world.stops).toHaveLength(1);
    await world.rounds(4);
    expect(world.stops).toHaveLength(2);
    expect(world.watchdog.state.unreported).toBe(1);
  });

  it('is not made to act by a clock that jumps', async () => {
    const world = new World();
    await world.rounds(1);
    world.reported = SILENT;
    world.clock.advance(600 * MINUTE_MS);
    vi.advanceTimersByTime(600 * MINUTE_MS);
    await world.rounds(1);
    expect(world.stops).toEqual([]);
  });

  it('takes an API that gives no deadlines for silent, and keeps what was not taken over', async () => {
    const world = new World();
    await world.rounds(1);
    world.deadlines = SILENT;
    await world.rounds(4);
    expect(world.stops).toEqual(['n1']);
    expect(world.written?.acts).toHaveLength(1);
    [world.deadlines, world.reported] = [
      { kind: 'ok', value: [] },
      { kind: 'answered', why: 'it answers 403' },
    ];
    await world.rounds(1);
    expect(world.written?.acts).toHaveLength(1);
  });

  it('leaves alone what does not run or is not there, and only says what it would do in a dry run', async () => {
    const world = new World(true);
    await world.rounds(1);
    world.reported = SILENT;
    for (const status of [null, 'exited', 'pulling']) {
      world.status = status;
      await world.rounds(4);
    }
    expect(world.said).toEqual(['watchdog.api_silent']);
    world.status = 'running';
    await world.rounds(3);
    expect(world.said).toEqual(['watchdog.api_silent', 'watchdog.would_stop']);
    expect(world.stops).toEqual([]);
  });
});
