import { IdleSettings } from '@app/instance-store';
import { MINUTE_MS, SECOND_MS } from '@app/platform';
import { Logger } from '@nestjs/common';
import { AlwaysChecks } from './checks/always.js';
import { BillCheck, EndChecks } from './checks/at-the-end.js';
import { Followers } from './checks/followers.js';
import { LatestRecords, WatchedFeed } from './checks/latest-records.js';
import { Violation } from './checks/violation.js';
import { Clients } from './plan/clients.js';
import { type Plan, PROCESSES } from './plan/plan.js';
import { Storm } from './plan/storm.js';
import { Deployment, SETTINGS } from './processes/deployment.js';
import { Weather } from './processes/weather.js';
import { Random } from './runtime/random.js';
import { Scheduler } from './runtime/scheduler.js';
import { Trace } from './runtime/trace.js';
import { beginRun, makeRuntimeVirtual } from './runtime/virtual-runtime.js';
import { beginRunWithDisk, Disk, makeDiskVirtual } from './world/disk.js';
import { NovitaWorld } from './world/novita-world.js';

const BEGINS_MS = Date.UTC(2026, 0, 5, 8);
/** After the storm: several automatic syncs, lost jobs found, back-offs run out. */
const CALM_MS = 32 * MINUTE_MS;
/** Then our meters are compared with the bill. */
const BILL_MS = 6 * MINUTE_MS;

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  /** Of the fleet: instances that clients have, calls that Novita carried out, instances whose bill was compared. */
  readonly figures: {
    readonly instances: number;
    readonly calls: number;
    readonly compared: number;
    readonly writes: number;
  };
  readonly violation: { readonly promise: string; readonly detail: string; readonly at: string } | null;
  /** The last lines of the trace of a failed run. */
  readonly tail: readonly string[];
}

export interface RunOptions {
  /** Each line of the trace as it happens. */
  readonly onLine?: (line: string) => void;
  /** Kept for a failed run. */
  readonly tailLines?: number;
}

/** Before the first run in this thread. */
export function prepareThread(): void {
  Logger.overrideLogger(false);
  makeRuntimeVirtual();
  makeDiskVirtual();
}

/** Lives through one plan. The same plan always comes to the same outcome. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<SeedOutcome> {
  const random = new Random(Math.imul(plan.seed + 7, 0xc2b2ae35));
  const trace = new Trace(options.tailLines ?? 0, options.onLine ?? null);
  const scheduler = new Scheduler(BEGINS_MS, random.fork(1), trace);
  beginRun(scheduler, random.fork(2));
  const world = new NovitaWorld(scheduler.now, timingOf(plan), plan.seed, plan.migrationEndsIn);
  const weather = new Weather(random.fork(3));
  let feed: WatchedFeed | null = null;
  const deployment = new Deployment(
    scheduler,
    weather,
    random.fork(4),
    world,
    (clock) => (feed = new WatchedFeed(clock)),
  );
  const records = new LatestRecords();
  const clients = new Clients(scheduler, deployment, random.fork(5));
  const storm = new Storm(scheduler, random.fork(6), deployment, world, clients, records);
  const always = new AlwaysChecks(
    world,
    clients,
    scheduler.now,
    (id) => storm.touchedByHand.has(id),
    (kept) => storm.isReplayDue(kept, scheduler.now()),
    SETTINGS.get(IdleSettings).AUTO_STOP_THRESHOLD,
  );
  const followers = new Followers();
  const figures = { instances: 0, calls: 0, compared: 0, writes: 0 };
  let broken: Violation | null = null;
  const guarded = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (error instanceof Violation) broken ??= error;
      else scheduler.fail(error);
    }
  };
  watch(
    feed,
    (type, before, after) => {
      figures.writes += 1;
      guarded(() => always.recordWritten(type, before, after));
    },
    records,
  );
  world.onCarriedOut = ({ operation }) => {
    figures.calls += 1;
    guarded(() => always.callCarriedOut(operation));
  };
  deployment.onUp = (process) => followers.join(process);
  beginRunWithDisk(diskOf(scheduler, deployment), scheduler);

  const stop = (): void => {
    if (broken !== null) throw broken;
  };
  const now = scheduler.now;
  try {
    await deployment.begin(PROCESSES);
    world.view.seed(plan.foreign);
    storm.schedule(plan);
    await scheduler.runUntil(BEGINS_MS + plan.stormMs, stop);
    storm.end();
    await scheduler.runUntil(now() + CALM_MS, stop);
    const bill = new BillCheck(world, deployment.state, records, now);
    await bill.begin();
    await scheduler.runUntil(now() + BILL_MS, stop);
    figures.instances = clients.acknowledged.length;
    figures.compared = await bill.end();
    await new EndChecks(world, deployment.state, records, clients, now).check();
    await scheduler.runUntil(now() + 10 * SECOND_MS, stop);
    await followers.check(deployment.state);
    return { seed: plan.seed, hash: trace.hash, events: trace.events, figures, violation: null, tail: [] };
  } catch (error) {
    const { promise, detail } =
      error instanceof Violation ? error : { promise: 'no process fails', detail: textOf(error) };
    const at = new Date(now()).toISOString();
    const tail = [...trace.latest, ...standing(records, world)];
    return {
      seed: plan.seed,
      hash: trace.hash,
      events: trace.events,
      figures,
      violation: { promise, detail, at },
      tail,
    };
  }
}

function watch(feed: WatchedFeed | null, onChange: AlwaysChecks['recordWritten'], records: LatestRecords): void {
  if (feed === null) throw new Error('the store was made without its feed');
  feed.onChange = (type, id, _revision, record) => onChange(type, records.put(id, record), record);
}

function diskOf(scheduler: Scheduler, deployment: Deployment): Disk {
  return new Disk(
    scheduler.now,
    (label, work, torn) => {
      const process = deployment.running;
      return deployment.wire.call(process, {
        label: process.labelOf(label),
        place: 'disk',
        perform: async () => work(),
        lostError: () => Object.assign(new Error('EIO'), { code: 'EIO' }),
        ...(torn !== undefined && { torn }),
      });
    },
    (pid) => deployment.isRunning(pid),
  );
}

/** Every record and every instance as it is, a line each. */
function standing(records: LatestRecords, world: NovitaWorld): string[] {
  return [
    ...records
      .all()
      .map(
        ({
          name,
          origin,
          novitaInstanceId,
          status,
          desired,
          observedAt,
          missingSince,
          migration,
          lastError,
          attempts,
          deadlines,
        }) =>
          `record ${name} (${origin}) ${novitaInstanceId}: ${status}, desired ${desired.state} by ${desired.by} at ${desired.at}, observed ${observedAt}, missing ${missingSince}, migration ${migration?.state}, error ${lastError?.code}, create open ${attempts.openCreate?.startedAt}, next ${deadlines.nextReconcileAt}`,
      ),
    ...world.view
      .instances()
      .map(({ id, name, status, spotStatus }) => `Novita ${id} ${name}: ${status} ${spotStatus}`),
  ];
}

/** About as long as at Novita. */
function timingOf({ pullingMs }: Plan): ConstructorParameters<typeof NovitaWorld>[1] {
  return {
    toCreateMs: 2_000,
    creatingMs: 5_000,
    pullingMs,
    toStartMs: 2_000,
    startingMs: 10_000,
    toStopMs: 2_000,
    stoppingMs: 8_000,
    toRestartMs: 2_000,
    restartingMs: 10_000,
    toRemoveMs: 2_000,
    removingMs: 5_000,
    migratingMs: 60_000,
    portOpenMs: 3_000,
    removedVisibleMs: 20_000,
    spotNoticeMs: 60_000,
    spotReclaimingMs: 10_000,
  };
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  because of ${textOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
