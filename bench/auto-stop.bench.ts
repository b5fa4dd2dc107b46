import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoStopCheck, AutoStopModule } from '@app/auto-stop';
import { FleetFreshness, type InstanceId, InstanceRecords } from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { Clock, PlatformModule, timestampFromMs } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { freePort, type RedisFixture, seedInstances, startRedis } from '@app/testing';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { type CommandCount, countCommands } from './command-count.js';
import { type Load, measureInTurn, median } from './measure.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { startServer } from './server-process.js';

/**
 * `npm run bench -- auto-stop [--quick]`: checks over running fleets of several sizes, and reports of use.
 *
 * The checks are those of a worker, run in this process on a real Redis, with the queue that they hand stops to and
 * nobody who takes jobs from it: so a check's own time and commands can be separated from everything else's.
 */
const DIST = join(import.meta.dirname, '..');
const PREFIX = 'bench';
const KEY = 'benchmark-operator-key';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const QUICK = process.argv.includes('--quick');
const SIZES = QUICK ? [1_000, 10_000] : [1_000, 10_000, 100_000];
const DUE = QUICK ? [10, 100] : [10, 100, 1_000];
const EMPTY_CHECKS = QUICK ? 20 : 100;
const DUE_CHECKS = QUICK ? 3 : 7;
const TOUCH_ROUNDS = QUICK ? { rounds: 1, seconds: 4 } : { rounds: 5, seconds: 4 };
const AT_ONCE = 100;
const HALF_AN_HOUR_MS = 1_800_000;

const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));

@Global()
@Module({
  providers: [
    {
      provide: FleetFreshness,
      useFactory: (clock: Clock): FleetFreshness => ({ instancesAsOf: () => clock.timestamp() }),
      inject: [Clock],
    },
  ],
  exports: [FleetFreshness],
})
class FreshFleetModule {}

/** A fleet of running instances, none of which is due for hours, and who checks it. */
interface Ground {
  readonly redis: RedisFixture;
  readonly probe: Redis;
  readonly ids: readonly InstanceId[];
  readonly records: InstanceRecords;
  check(): Promise<{ readonly checked: number; readonly stopped: number }>;
  stop(): Promise<void>;
}

async function prepare(size: number): Promise<Ground> {
  const redis = await startRedis();
  const settings = loadSettings({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    NOVITA_API_KEY: 'not-called',
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: PREFIX,
    AUTO_STOP_THRESHOLD: '24h',
    // The API that is measured later serves the same fleet.
    FLEET_ID: 'b3nc',
    DATA_DIR: folder,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'bench', settings }),
      RedisModule,
      JobsModule,
      FreshFleetModule,
      AutoStopModule,
    ],
  })
  class BenchModule {}
  const app: INestApplicationContext = await NestFactory.createApplicationContext(BenchModule, { logger: false });
  const records = app.get(InstanceRecords, { strict: false });
  const ready = timestampFromMs(Date.now() - HALF_AN_HOUR_MS);
  const ids = await seedInstances(records, size, {
    status: 'ready',
    deadlines: {},
    timestamps: { started: ready, ready },
  });
  const check = app.get(AutoStopCheck, { strict: false });
  const probe = new Redis(redis.url);
  return {
    redis,
    probe,
    ids,
    records,
    check: () =>
      check.run({ trigger: 'schedule', checkId: 'bench', dryRun: false, signal: AbortSignal.timeout(60_000) }),
    stop: async () => {
      probe.disconnect();
      await app.close();
      await redis.stop();
    },
  };
}

/** Lets these stand unused for no more than a minute, so that they are due at once. */
async function makeDue({ records }: Ground, ids: readonly InstanceId[]): Promise<void> {
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const stored = await records.getMany(ids.slice(i, i + AT_ONCE));
    await Promise.all(
      stored.map(({ record }) => records.write({ ...record, autoStop: { thresholdMinutes: 1 } }, { kind: 'command' })),
    );
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

interface Measured {
  readonly ms: number;
  readonly commands: CommandCount;
}

async function measureEmpty(ground: Ground): Promise<Measured & { readonly pingMs: number }> {
  const check = async (): Promise<void> => {
    const { checked } = await ground.check();
    if (checked !== 0) throw new Error(`${checked} were due`);
  };
  for (let i = 0; i < 5; i++) await check();
  const times: number[] = [];
  const pings: number[] = [];
  for (let i = 0; i < EMPTY_CHECKS; i++) {
    times.push(await timed(check));
    pings.push(await timed(() => ground.probe.ping()));
  }
  return { ms: median(times), commands: await countCommands(ground.probe, check), pingMs: median(pings) };
}

/** @param from how many of the fleet are used up @returns how many are then */
async function measureDue(ground: Ground, due: number, from: number): Promise<Measured & { readonly used: number }> {
  const times: number[] = [];
  let used = from;
  const next = async (): Promise<void> => {
    await makeDue(ground, ground.ids.slice(used, used + due));
    used += due;
  };
  const check = async (): Promise<void> => {
    const { stopped } = await ground.check();
    if (stopped !== due) throw new Error(`${due} were due, ${stopped} are stopped`);
  };
  for (let i = 0; i < DUE_CHECKS && used + 2 * due <= ground.ids.length; i++) {
    await next();
    times.push(await timed(check));
  }
  await next();
  return { ms: median(times), commands: await countCommands(ground.probe, check), used };
}

const rows: Row[] = [];
const notes: string[] = [];
const name = (size: number): string => size.toLocaleString('en');
const show = ({ ms, commands }: Measured): string =>
  `${ms.toFixed(2)} ms, ${commands.commands} commands (scripts: ${commands.scripts})`;

let smallest: { readonly empty: Measured; readonly due: ReadonlyMap<number, Measured> } | null = null;
for (const size of SIZES) {
  const ground = await prepare(size);
  const empty = await measureEmpty(ground);
  const first = smallest?.empty ?? empty;
  rows.push({
    what: `check with nothing due, ${name(size)} running`,
    ours: show(empty),
    limit: `${show(first)} with ${name(SIZES[0] ?? size)}; a PING ${empty.pingMs.toFixed(2)} ms`,
    ratio: (empty.ms / first.ms).toFixed(2),
    aim: '< 5 ms, < 10 commands, the same at each size (<= 1.5)',
    reached: empty.ms < 5 && empty.commands.commands < 10 && empty.ms / first.ms <= 1.5,
  });
  const measured = new Map<number, Measured>();
  let used = 0;
  for (const due of DUE) {
    // A small fleet cannot have so many due again and again.
    if (used + 2 * due > size) continue;
    const figure = await measureDue(ground, due, used);
    used = figure.used;
    measured.set(due, figure);
    const tenth = measured.get(due / 10);
    const atSmallest = smallest?.due.get(due) ?? figure;
    if (tenth === undefined) {
      notes.push(
        `A check with ${due} due, ${name(size)} running: ${show(figure)}, ${(figure.ms / due).toFixed(2)} ms each.`,
      );
      continue;
    }
    rows.push({
      what: `check with ${name(due)} due, ${name(size)} running, each one`,
      ours: `${(figure.ms / due).toFixed(3)} ms, ${(figure.commands.commands / due).toFixed(1)} commands`,
      limit: `${((tenth.ms * 10) / due).toFixed(3)} ms, ${((tenth.commands.commands * 10) / due).toFixed(1)} commands with ${due / 10} due`,
      ratio: (figure.ms / (tenth.ms * 10)).toFixed(2),
      aim: '<= 1.2',
      reached: figure.ms / (tenth.ms * 10) <= 1.2,
    });
    if (atSmallest !== figure) {
      notes.push(
        `With ${due} due a check of ${name(size)} takes ${(figure.ms / atSmallest.ms).toFixed(2)} times as long as one of the smallest fleet.`,
      );
    }
  }
  smallest ??= { empty, due: measured };
  if (size === SIZES.at(-1)) await measureTouches(ground);
  await ground.stop();
}

/** Reports of use through one API process, of instances whose idle deadline each of them moves. */
async function measureTouches({ redis, ids }: Ground): Promise<void> {
  const [apiPort, barePort] = [await freePort(), await freePort()];
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(apiPort),
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: PREFIX,
    NOVITA_API_KEY: 'not-called',
    API_KEYS: `bench:operator:${KEY}`,
    FLEET_ID: 'b3nc',
    RATE_LIMIT_PER_MINUTE: '100000000',
    AUTO_STOP_THRESHOLD: '24h',
    DATA_DIR: folder,
  };
  const script = join(DIST, 'apps', 'api', 'src', 'main.js');
  const api = await startServer(script, [], env, `http://127.0.0.1:${apiPort}`, '/health/ready');
  const bareScript = join(DIST, 'bench', 'bare-server.js');
  const bareArguments = [String(barePort), String(redis.port)];
  const bare = await startServer(bareScript, bareArguments, {}, `http://127.0.0.1:${barePort}`, '/instances/none');
  const any = (): InstanceId => ids[Math.floor(Math.random() * ids.length)] as InstanceId;
  const loads: Record<'bare' | 'api', Load> = {
    bare: { server: bare, method: 'PUT', path: () => `/instances/${any()}/last-used` },
    api: { server: api, method: 'PUT', headers: AUTHORIZED, path: () => `/api/v1/instances/${any()}/last-used` },
  };
  const figures = await measureInTurn(loads, TOUCH_ROUNDS);
  await Promise.all([api.stop(), bare.stop()]);
  const ratio = figures.api.requestsPerSecond / figures.bare.requestsPerSecond;
  const words = ({ requestsPerSecond, p99Ms, cpuMicroseconds }: typeof figures.api): string =>
    `${Math.round(requestsPerSecond)}/s, p99 ${p99Ms} ms, ${Math.round(cpuMicroseconds)} µs CPU`;
  rows.push({
    what: `PUT last-used, ${name(ids.length)} running, each moves its idle deadline`,
    ours: words(figures.api),
    limit: words(figures.bare),
    ratio: ratio.toFixed(2),
    aim: '>= 0.75',
    reached: ratio >= 0.75,
  });
  const count = Math.round(figures.api.requestsPerSecond * TOUCH_ROUNDS.seconds * TOUCH_ROUNDS.rounds);
  notes.push(`About ${name(Math.round(count / 1_000) * 1_000)} uses were reported through the one API process.`);
}

await rm(folder, { recursive: true, force: true });
await writeResults(
  'auto-stop',
  await describeMachine(
    `medians of ${EMPTY_CHECKS} checks with nothing due, of up to ${DUE_CHECKS} with some; the check runs in the process of the ` +
      `benchmark, on a real Redis, and hands stops to a queue that nobody works on; touches: medians of ${TOUCH_ROUNDS.rounds} ` +
      `rounds of ${TOUCH_ROUNDS.seconds} s, 40 connections. Everything on the same machine`,
  ),
  rows,
  notes,
);
