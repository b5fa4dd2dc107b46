import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { AutoStopClient } from '../test/support/auto-stop-client.js';
import { closePages, openBrowser } from '../test/support/browser.js';
import { Fleet } from '../test/support/fleet.js';
import { FleetPage, KEY_OF } from '../test/support/fleet-page.js';
import { memoryOf, PageProbe, percentile } from '../test/support/page-probe.js';
import { SyncClient } from '../test/support/sync-client.js';
import { until } from '../test/support/until.js';
import { median } from './measure.js';
import { changeFor, type MemoryPoint, type Slope, slopeOf } from './page-memory.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { SlowLink } from './slow-link.js';

/**
 * `npm run bench -- page [--quick | --hour] [view|link|scroll|presses|memory ...]`: how fast the web page is in a Chromium, over a
 * fleet of built processes. With names, only these are measured, and bench/RESULTS.md stays as it is. `--hour` has the page
 * follow 200 changes a second for an hour; without it, as many changes as the service makes in some minutes.
 */
const IS_QUICK = process.argv.includes('--quick');
const IS_HOUR = process.argv.includes('--hour');
const SCENARIOS = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const SIZES = IS_QUICK
  ? [{ instances: 10_000, aimMs: 500 }]
  : [
      { instances: 10_000, aimMs: 500 },
      { instances: 30_000, aimMs: 700 },
    ];
const TRIES = IS_QUICK ? 3 : 11;
const ROUND_TRIP_MS = 200;
const LINK_AIM_MS = 1_500;
/** As many as a page shows, so that every change is one of a row. */
const CHANGED = 50;
const PRESSES = { perSecond: 200, seconds: IS_QUICK ? 10 : 60, restSeconds: IS_QUICK ? 3 : 15, everyMs: 250 } as const;
const PRESS_AIM_MS = 100;
/** The most rows that a page may show, the height of one turn of the wheel, and how long frames are counted at rest. */
const SCROLL = { rows: 200, stepPx: 800, restMs: 2_000 } as const;
/** Three frames at 60 a second. */
const FRAME_AIM_MS = 50;
/** Longer ones keep a person waiting who presses just then. */
const TASK_AIM_MS = 500;
const HOUR = { perSecond: 200, changes: 720_000 } as const;
/** Points of the memory beside the first, and how long the page is changed before each. */
const MEMORY = IS_HOUR
  ? { points: 12, seconds: 300, perSecond: HOUR.perSecond }
  : { points: IS_QUICK ? 4 : 10, seconds: IS_QUICK ? 5 : 40 };
/** Of what the page holds, as flat: what a browser keeps for itself goes up and down by as much. */
const FLAT = 0.1;

const rows: Row[] = [];
const notes: string[] = [];
const isWanted = (scenario: string): boolean => SCENARIOS.length === 0 || SCENARIOS.includes(scenario);
const ms = (value: number): string => `${Math.round(value)} ms`;

async function startFleet(instances: number): Promise<Fleet> {
  const fleet = await Fleet.start({
    apis: 2,
    workers: 1,
    env: {
      NOVITA_TIMEOUT: '15s',
      CREATE_RETRY_GRACE: '20s',
      NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
      RATE_LIMIT_PER_MINUTE: '10000000',
      SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
    },
    sandbox: { instances },
  });
  await new SyncClient(fleet.api).becomes('completed');
  await until('all instances are listed', async () => {
    const { body } = await fleet.api.request('GET', '/api/v1/instances?limit=1');
    return body['total'] === instances;
  });
  return fleet;
}

interface FirstView {
  readonly usableMs: number;
  /** What the same files and answers take in this browser when nothing is made of them. */
  readonly bareMs: number;
  readonly requests: number;
  readonly kilobytes: number;
}

/** In a context of its own, which has nothing in its caches. */
async function firstView(browser: Browser, url: string): Promise<FirstView> {
  const view = await FleetPage.openSignedOut(browser, url);
  const probe = await PageProbe.in(view.page);
  await view.signIn();
  const usableMs = await probe.usableAfter();
  const fetched = await probe.fetched();
  const bareMs = await view.page.evaluate<number>(`(async () => {
    const asked = performance.getEntriesByType('resource')
      .filter(({ startTime, name }) => startTime < pageProbe.usableAtMs && !name.includes('/events'));
    const headers = { authorization: 'Bearer ${KEY_OF.operator}' };
    const begun = performance.now();
    await Promise.all(asked.map(async ({ name }) => (await fetch(name, { cache: 'reload', headers })).arrayBuffer()));
    return performance.now() - begun;
  })()`);
  view.isClean();
  await view.close();
  const bytes = fetched.reduce((sum, file) => sum + file.bytes, 0);
  return { usableMs, bareMs, requests: fetched.length, kilobytes: Math.round(bytes / 1_000) };
}

async function measureFirstViews(what: string, browser: Browser, url: string, aimMs: number): Promise<void> {
  // The first one has the processes compile what they serve with.
  await firstView(browser, url);
  const views: FirstView[] = [];
  for (let i = 0; i < TRIES; i++) views.push(await firstView(browser, url));
  const usable = views.map(({ usableMs }) => usableMs);
  const [ours, bare] = [median(usable), median(views.map(({ bareMs }) => bareMs))];
  const ratio = median(views.map(({ usableMs, bareMs }) => usableMs / bareMs));
  rows.push({
    what,
    ours: `${ms(ours)} (${ms(Math.min(...usable))} to ${ms(Math.max(...usable))})`,
    limit: `${ms(bare)} to fetch the same`,
    ratio: ratio.toFixed(2),
    aim: `median <= ${aimMs} ms`,
    reached: ours <= aimMs,
  });
  const [{ requests, kilobytes } = { requests: 0, kilobytes: 0 }] = views;
  notes.push(`${what}: ${requests} requests, ${kilobytes} kB as they came.`);
}

/** Instances of our own that are ready, which the first page of the table shows. */
async function makeChangeable(fleet: Fleet): Promise<readonly string[]> {
  fleet.sandbox.world.restock();
  const made = await Promise.all(
    Array.from({ length: CHANGED }, (_, i) =>
      fleet.api.create({ name: `ours-${i}`, productName: 'RTX 4090', image: 'nginx' }),
    ),
  );
  await until('all of them are ready', async () => {
    const { body } = await fleet.api.request('GET', '/api/v1/instances?name=ours-&status=ready&limit=1');
    return body['total'] === CHANGED;
  });
  return made.map(({ id }) => id);
}

async function openProbed(browser: Browser, fleet: Fleet): Promise<readonly [FleetPage, PageProbe]> {
  const view = await FleetPage.openSignedOut(browser, fleet.api.url);
  const probe = await PageProbe.in(view.page);
  await view.signIn();
  await view.marks('freshness', 'Live');
  return [view, probe];
}

/** The changes come by the other API, as those of other people do. */
const changesBy = (fleet: Fleet): AutoStopClient => new AutoStopClient(fleet.clients[1] ?? fleet.api);

/** A page with all motion, of which each frame counts. */
async function measureScroll(browser: Browser, fleet: Fleet): Promise<void> {
  const view = await FleetPage.openSignedOut(browser, fleet.api.url, { reducedMotion: 'no-preference' });
  const probe = await PageProbe.in(view.page);
  await view.signIn();
  await view.page.locator('.pager select').selectOption(String(SCROLL.rows));
  await until('all rows are there', async () => (await view.rows.count()) === SCROLL.rows);
  const { strain: rest } = await probe.during(() => pause(SCROLL.restMs));
  const last = view.rows.last();
  const { strain } = await probe.during(async () => {
    await view.table.hover();
    await until('the last row is in view', async () => {
      await view.page.mouse.wheel(0, SCROLL.stepPx);
      const box = await last.boundingBox();
      return box !== null && box.y < (view.page.viewportSize()?.height ?? 0);
    });
  });
  const [ours, atRest] = [percentile(strain.gaps, 90), percentile(rest.gaps, 90)];
  rows.push({
    what: `from frame to frame (90 %) while ${SCROLL.rows} rows are scrolled`,
    ours: `${ms(ours)}, at worst ${ms(Math.max(...strain.gaps))}`,
    limit: `${ms(atRest)} at rest`,
    ratio: (ours / atRest).toFixed(2),
    aim: `90 % <= ${FRAME_AIM_MS} ms`,
    reached: ours <= FRAME_AIM_MS,
  });
  view.isClean();
  await view.close();
}

async function measurePresses(browser: Browser, fleet: Fleet, ids: readonly string[]): Promise<void> {
  const [view, probe] = await openProbed(browser, fleet);
  const button = view.page.locator('.filter-button').first();
  let presses = 0;
  const press = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const wasOpen = await button.getAttribute('aria-expanded');
      await button.click();
      presses += 1;
      await until('it has answered', async () => (await button.getAttribute('aria-expanded')) !== wasOpen);
      await pause(PRESSES.everyMs);
    }
  };
  const { strain: rest } = await probe.during(() => press(AbortSignal.timeout(PRESSES.restSeconds * 1_000)));
  presses = 0;
  const { strain, result: changes } = await probe.during(async () => {
    const pressing = new AbortController();
    const [made] = await Promise.all([
      changeFor(changesBy(fleet), ids, PRESSES.seconds * 1_000, PRESSES.perSecond).finally(() => pressing.abort()),
      press(pressing.signal),
    ]);
    return made;
  });
  // Shorter ones than 16 ms are not reported by the browser.
  const worst = Math.max(16, ...strain.clicks);
  const worstAtRest = Math.max(16, ...rest.clicks);
  const perSecond = Math.round(changes / PRESSES.seconds);
  rows.push({
    what: `the slowest of ${presses} presses while ${perSecond} changes a second come`,
    ours: `${ms(worst)}; half of them within ${ms(percentile(strain.clicks, 50))}`,
    limit: `${ms(worstAtRest)} at rest`,
    ratio: (worst / worstAtRest).toFixed(2),
    aim: `every one < ${PRESS_AIM_MS} ms, at ${PRESSES.perSecond} a second`,
    reached: worst < PRESS_AIM_MS && perSecond > PRESSES.perSecond * 0.95,
  });
  const [longest, longestAtRest] = [Math.max(0, ...strain.longTasks), Math.max(0, ...rest.longTasks)];
  rows.push({
    what: 'the longest task of the page meanwhile; of those from 50 ms on',
    ours: `${ms(longest)}; ${strain.longTasks.length} in all; the event loop is late by ${ms(percentile(strain.lags, 90))} (90 %)`,
    limit: `${ms(longestAtRest)} at rest`,
    ratio: longestAtRest === 0 ? '-' : (longest / longestAtRest).toFixed(2),
    aim: `< ${TASK_AIM_MS} ms`,
    reached: longest < TASK_AIM_MS,
  });
  view.isClean();
  await view.close();
}

async function measureMemory(browser: Browser, fleet: Fleet, ids: readonly string[]): Promise<void> {
  const [view] = await openProbed(browser, fleet);
  const session = await view.page.context().newCDPSession(view.page);
  await session.send('Performance.enable');
  const client = changesBy(fleet);
  const points: MemoryPoint[] = [];
  const begun = performance.now();
  let changes = 0;
  // The first round fills what is filled once: compiled code, caches of a bounded size.
  for (let point = 0; point <= MEMORY.points; point++) {
    changes += await changeFor(client, ids, MEMORY.seconds * 1_000, MEMORY.perSecond);
    // What each was set to last is what is shown: the page has taken in everything.
    await Promise.all(ids.map((id) => client.set(id, { enabled: false })));
    await until('every row shows it', async () => {
      return (await view.table.getByText('no auto-stop').count()) === ids.length;
    });
    points.push({ changes, ...(await memoryOf(session)) });
  }
  const minutes = (performance.now() - begun) / 60_000;
  addMemoryRow('heap of the page', points, ({ heapMb }) => heapMb, 'MB', 1);
  addMemoryRow('nodes of the page', points, ({ nodes }) => nodes, 'nodes', 0);
  addMemoryRow('listeners of the page', points, ({ listeners }) => listeners, 'listeners', 0);
  const shown = points.map(
    (point) => `${point.changes}: ${point.heapMb.toFixed(1)} MB, ${point.nodes} nodes, ${point.listeners} listeners`,
  );
  notes.push(
    `Memory: ${changes} changes in ${minutes.toFixed(1)} minutes, ${
      IS_HOUR
        ? `${HOUR.perSecond} a second for an hour`
        : `as many as came to be, in place of the ${HOUR.changes} of an hour at ${HOUR.perSecond} a second`
    }; the slope is that of the line through ${points.length} points (± its standard error), carried on to ${HOUR.changes} changes. By changes: ${shown.join('; ')}.`,
  );
  view.isClean();
  await view.close();
}

function addMemoryRow(
  what: string,
  points: readonly MemoryPoint[],
  of: (point: MemoryPoint) => number,
  unit: string,
  digits: number,
): void {
  const { perChange, error }: Slope = slopeOf(points, of);
  const [growth, spread] = [perChange * HOUR.changes, error * HOUR.changes];
  const first = points[0] === undefined ? Number.NaN : of(points[0]);
  rows.push({
    what: IS_HOUR ? `${what}, an hour` : `${what}: ${points.at(-1)?.changes} changes, carried on to ${HOUR.changes}`,
    ours: `${growth < 0 ? '' : '+'}${growth.toFixed(digits)} ± ${spread.toFixed(digits)} ${unit}`,
    limit: `${first.toFixed(digits)} ${unit} at the first point`,
    ratio: (growth / first).toFixed(2),
    aim: `flat: < +${FLAT} of the first, or within twice its spread`,
    reached: growth < Math.max(FLAT * first, 2 * spread),
  });
}

const loadBefore = loadavg();
const browser = await openBrowser(true);
try {
  for (const { instances, aimMs } of SIZES) {
    const isFirst = instances === SIZES[0]?.instances;
    if (!isFirst && !isWanted('view') && !isWanted('link')) continue;
    const fleet = await startFleet(instances);
    try {
      const { url } = fleet.api;
      const named = instances.toLocaleString('en');
      if (isWanted('view')) await measureFirstViews(`first view, cold, ${named} instances`, browser, url, aimMs);
      if (isWanted('link')) {
        const link = await SlowLink.to(url, ROUND_TRIP_MS);
        const what = `first view, cold, ${named} instances, ${ROUND_TRIP_MS} ms round trip`;
        await measureFirstViews(what, browser, link.url, LINK_AIM_MS);
        await link.close();
      }
      if (!isFirst) continue;
      if (isWanted('scroll')) await measureScroll(browser, fleet);
      if (!isWanted('presses') && !isWanted('memory')) continue;
      const ids = await makeChangeable(fleet);
      if (isWanted('presses')) await measurePresses(browser, fleet, ids);
      if (isWanted('memory')) await measureMemory(browser, fleet, ids);
    } finally {
      await fleet.stop();
    }
  }
} finally {
  await closePages(browser);
  await browser.close();
}
notes.push(
  `The round trip of ${ROUND_TRIP_MS} ms is that of a proxy which delays each direction by half of it, new connections by a whole one, and begins with a window of 14,600 bytes that doubles; plain HTTP, no loss.`,
  `Load of the machine (1, 5 and 15 minutes) before the run: ${loadBefore.map((load) => load.toFixed(1)).join(', ')}.`,
);
await writeResults(
  'page',
  await describeMachine(
    `medians of ${TRIES} views, each in a new context of one headless Chromium; two API processes, worker, Redis, sandbox and browser on the same machine`,
  ),
  rows,
  notes,
  SCENARIOS.length === 0 && !IS_QUICK,
);
