import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { describeMachine, type Row, writeResults } from './results.js';
import {
  measureIdle,
  measureLives,
  measureRecords,
  measureRequests,
  measureSync,
  type RequestFigures,
} from './scale-measures.js';
import { predict, type UnitCosts } from './scale-model.js';
import { DEFAULTS, type ScaleFigures, usualLoad } from './scale-tables.js';

/**
 * `npm run bench -- scale [--quick|--model]`: what single things cost, a model of larger fleets made of it
 * (`bench/scale-model.ts`), and what the model says of a fleet three times as large held against that fleet. Writes
 * bench/scale-figures.json and the tables of docs/scale.md. `--model` only writes the tables anew, `--quick` writes nothing.
 */
const ROOT = join(import.meta.dirname, '..', '..');
const QUICK = process.argv.includes('--quick');
const MADE_AT = QUICK ? 2_000 : 10_000;
const CHECKED_AT = 3 * MADE_AT;
const SECONDS = QUICK ? 2 : 4;
const IDLE_SECONDS = QUICK ? 5 : 20;
const ROUNDS = QUICK ? 2 : 3;
/** How far a prediction may be off. */
const MOST_OFF = 1.25;

const rows: Row[] = [];

function check(what: string, measured: number, predicted: number, unit: string): void {
  const ratio = measured / predicted;
  rows.push({
    what,
    ours: `${show(measured)} ${unit} measured`,
    limit: `${show(predicted)} ${unit} predicted`,
    ratio: ratio.toFixed(2),
    aim: `${(1 / MOST_OFF).toFixed(2)} to ${MOST_OFF}`,
    reached: ratio >= 1 / MOST_OFF && ratio <= MOST_OFF,
  });
}

const show = (value: number): string => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en'));

async function measureAll(): Promise<void> {
  const load = loadavg();
  const idle = await measureIdle(IDLE_SECONDS);
  let requests: RequestFigures | null = null;
  const small = await measureRecords(MADE_AT, async (fleet) => {
    requests = await measureRequests(fleet, SECONDS);
  });
  if (requests === null) throw new Error('requests were not measured');
  const lives = await measureLives();
  const sync = await measureSync(MADE_AT, ROUNDS);
  const { startCpuMs, ...idleCosts } = idle;
  const costs: UnitCosts = {
    ...idleCosts,
    ...(requests as RequestFigures),
    ...lives,
    redisBytesPerRecord: small.redisBytes / MADE_AT,
    redisBytesPerFeedEntry: small.feedEntryBytes,
    apiBytesPerInstance: ((small.apiMb - idle.apiIdleMb) * 1e6) / MADE_AT,
    apiMicrosToLoadOne: Math.max(0, (small.apiStartCpuMs - startCpuMs) * 1_000) / MADE_AT,
    workerBytesPerListed: Math.max(0, (sync.workerMb - idle.workerIdleMb) * 1e6) / MADE_AT,
    workerMicrosPerListed: sync.workerMicros / MADE_AT,
    redisMicrosPerListed: sync.redisMicros / MADE_AT,
  };
  const large = await measureRecords(CHECKED_AT);
  const largeSync = await measureSync(CHECKED_AT, ROUNDS);
  const predicted = predict(costs, { ...usualLoad(CHECKED_AT), livesPerDay: 0 }, { ...DEFAULTS, auditLines: 0 });
  const of = `${CHECKED_AT.toLocaleString('en')} instances`;
  check(`memory of Redis for ${of}`, large.redisBytes / 1e6, (costs.redisBytesPerRecord * CHECKED_AT) / 1e6, 'MB');
  check(`memory of an API process that has read ${of}`, large.apiMb, predicted.api.mb, 'MB');
  check(
    `CPU of an API process until it has read ${of}`,
    large.apiStartCpuMs,
    startCpuMs + predicted.api.loadSeconds * 1_000,
    'ms',
  );
  check(
    `CPU of a worker for a sync of ${of}`,
    largeSync.workerMicros / 1e3,
    (costs.workerMicrosPerListed * CHECKED_AT) / 1e3,
    'ms',
  );
  check(
    `CPU of Redis for a sync of ${of}`,
    largeSync.redisMicros / 1e3,
    (costs.redisMicrosPerListed * CHECKED_AT) / 1e3,
    'ms',
  );
  check(`memory of a worker that has synced ${of}`, largeSync.workerMb, predicted.workers.mb, 'MB');

  const machine = await describeMachine('everything on the same machine');
  const figures: ScaleFigures = { at: new Date().toISOString(), machine, madeAt: MADE_AT, costs };
  if (!QUICK) await writeFile(join(ROOT, 'bench', 'scale-figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
  else process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  const method = `a model made with ${MADE_AT.toLocaleString('en')} instances held against ${of}; everything on the same machine`;
  const notes = [
    'What the model rests on and what it says are in docs/scale.md.',
    `A sync of ${of} took ${show(largeSync.seconds)} s, of ${MADE_AT.toLocaleString('en')} ${show(sync.seconds)} s, at a stand-in that answers at once.`,
    `Load of the machine (1, 5 and 15 minutes) before the run: ${load.map((each) => each.toFixed(1)).join(', ')}.`,
  ];
  await writeResults('scale', await describeMachine(method), rows, notes, !QUICK);
}

if (!process.argv.includes('--model')) await measureAll();
if (!QUICK) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'scale-document.js')], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
