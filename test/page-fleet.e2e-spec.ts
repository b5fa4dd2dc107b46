import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutoStopClient } from './support/auto-stop-client.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage } from './support/fleet-page.js';
import { memoryOf, type PageMemory, PageProbe } from './support/page-probe.js';
import { ShownTable } from './support/shown-table.js';
import { SyncClient } from './support/sync-client.js';
import { recordSyncs } from './support/sync-course.js';
import { until } from './support/until.js';

/** More than a page may hold by far; how fast the page is with more of them is measured by `npm run bench -- page`. */
const COUNT = 1_000;
const PAGE = 100;
const REGION = 'EU-01';
/** Of the names of an eighth of them: a few pages of 50, with some in the region. */
const PREFIX = 'train-';
const MOST_BYTES = 300_000;
/** As many as a page shows, so that every change is one of a row, and how often each is changed in turn at least. */
const CHANGED = 50;
const CHANGED_PREFIX = 'notebook-';
const CHANGES = 8;
/** As the page writes counts. */
const words = (count: number): string => count.toLocaleString('en-US');

/** The page and a fleet of which it shows but a part at a time. */
describe('the page of thousands of instances', () => {
  let fleet: Fleet;
  let browser: Browser;
  let view: FleetPage;
  let shown: ShownTable;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({
        apis: 1,
        workers: 0,
        env: {
          NOVITA_TIMEOUT: '15s',
          CREATE_RETRY_GRACE: '20s',
          NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
          SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
          SYNC_MISSING_GRACE: '0',
          DEADLINE_SWEEP_INTERVAL: '10s',
        },
        sandbox: { instances: COUNT },
      }),
      openBrowser(),
    ]);
    view = await FleetPage.open(browser, fleet.api.url);
    shown = new ShownTable(view);
  });
  afterAll(async () => {
    await closePages(browser);
    await fleet?.stop();
  });

  const names = (isIt: (instance: { status: string; clusterName: string; name: string }) => boolean): string[] =>
    fleet.sandbox.world
      .instances()
      .filter(isIt)
      .map(({ name }) => name)
      .sort();

  it('shows the first sync as it happens, then how it went and what it found', async () => {
    await view.page.getByText('No instance is known yet.').waitFor();
    const sync = (await view.goTo('sync')).locator('.sync');
    await sync.getByText('No sync has run yet').waitFor();
    const seen = await recordSyncs(view.page);
    // So slow that the page reads how far it is several times, also on a busy machine.
    const slow = fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 2_500 });
    // It may be over before the worker says that it is ready: what was shown meanwhile is kept.
    await fleet.addWorker();
    await sync.getByText(/^Synced \S+ s ago in [\d.]+ s$/).waitFor();
    fleet.sandbox.faults.clear(slow);
    await sync.getByText('Automatic runs are switched off in the settings of the service').waitFor();
    await view.page.getByText('Pause automatic runs').waitFor({ state: 'hidden' });

    const running = (await seen()).filter(({ isRunning }) => isRunning);
    // On a starved machine a run may lose its lock and be begun anew: the last one is judged, from its first step on.
    const begun = running.findLastIndex(({ label }) => label.startsWith('Clean up, 0 of'));
    const course = running.slice(Math.max(0, begun));
    expect(course.length).toBeGreaterThan(2);
    for (const [index, { value, max, label }] of course.entries()) {
      expect(max).toBe(9);
      expect(value).toBeGreaterThanOrEqual(course[index - 1]?.value ?? 0);
      expect(label).toMatch(/^(Clean up|Read from Novita|Reading .+|Announce it|Done), \d of 9 done$/);
    }
    const reading = course.filter(({ label }) => label.startsWith('Reading instances'));
    expect(reading.at(-1)?.step).toBe('Read from Novita, now');
    expect(
      reading.some(({ resources: [line = ''] }) => new RegExp(`^…Instances, is read\\d+ of ${COUNT}$`).test(line)),
    ).toBe(true);
    expect(reading.some(({ value }) => value % 1 !== 0)).toBe(true);
    await sync.getByText(`Instances, read${COUNT}`).waitFor();
    await view.page
      .locator('.table')
      .getByText(`${words(COUNT)} new`)
      .waitFor();
    const overview = await view.goTo('overview');
    await overview
      .locator('.figure[data-figure=running]')
      .getByText(`of ${words(COUNT)} instances`)
      .waitFor();
    await view.goTo('instances');
    await shown.shows(`1–50 of ${words(COUNT)}`);
  });

  it('narrows by status and region, and says how many are left', async () => {
    const stopped = names(({ status }) => status === 'exited');
    const there = names(({ status, clusterName }) => status === 'exited' && clusterName === REGION);
    const { page } = view;
    await view.choose('Status', 'Stopped');
    await shown.shows(`1–50 of ${words(stopped.length)}`);
    await page.locator('.filter-button').getByText('Status: Stopped', { exact: true }).waitFor();
    await view.choose('Region', REGION);
    await shown.shows(`1–50 of ${words(there.length)}`);
    expect((await shown.names()).filter((name) => !there.includes(name))).toEqual([]);
    await view.clearFilters();
    await shown.shows(`1–50 of ${words(COUNT)}`);
  });

  it('finds by any part of a name and by either id, and says so when there is none', async () => {
    const part = (names(({ name }) => name.startsWith('train-flux-'))[0] ?? '').slice(1, -2);
    const found = names(({ name }) => name.includes(part));
    await view.search.fill(part.replace('rain', 'RAIN'));
    await shown.shows(found.length === 1 ? '1 of 1' : `1–${found.length} of ${found.length}`);
    expect((await shown.names()).toSorted()).toEqual(found);
    const name = found[0] ?? '';
    const ours = (await shown.ids())[(await shown.names()).indexOf(name)] ?? '';
    const novitas = fleet.sandbox.world.instances().find((instance) => instance.name === name)?.id ?? '';
    for (const id of [ours, novitas]) {
      await view.search.fill('no-such-name');
      await view.page.getByText('No instance matches.').waitFor();
      await view.search.fill(id);
      await shown.showsNames([name]);
    }
    await view.search.fill('');
    await shown.shows(`1–50 of ${words(COUNT)}`);
    await view.warnsOfNothing();
  });

  it('sorts both ways and turns pages, showing each instance once', async () => {
    const sorted = names(() => true);
    const { page } = view;
    await page.locator('.pager select').selectOption(String(PAGE));
    const header = page.locator('.instances th.cell-name[role=columnheader]');
    await header.locator('button').click();
    await shown.showsNames(sorted.slice(0, PAGE));
    await header.and(page.locator('[aria-sort=ascending]')).waitFor();
    for (const from of [PAGE, 2 * PAGE, 3 * PAGE]) {
      await shown.turn('Next');
      await shown.shows(`${from + 1}–${from + PAGE} of ${words(COUNT)}`);
      await shown.showsNames(sorted.slice(from, from + PAGE));
    }
    await shown.turn('Previous');
    await shown.showsNames(sorted.slice(2 * PAGE, 3 * PAGE));

    await header.locator('button').click();
    await shown.showsNames(sorted.toReversed().slice(0, PAGE));
    await header.and(page.locator('[aria-sort=descending]')).waitFor();
    expect(await shown.names()).toHaveLength(PAGE);
    await shown.shows(`1–${PAGE} of ${words(COUNT)}`);
  });

  it('turns up to the last page and no further', async () => {
    const all = names(({ name }) => name.startsWith(PREFIX));
    const pages = Math.ceil(all.length / 50);
    const { page } = view;
    await page.locator('.pager select').selectOption('50');
    await view.search.fill(PREFIX);
    await shown.showsNames(all.toReversed().slice(0, 50));
    const ids = [...(await shown.ids())];
    for (let at = 1; at < pages; at++) {
      await shown.turn('Next');
      await shown.shows(`${at * 50 + 1}–${Math.min(all.length, (at + 1) * 50)} of ${all.length}`);
      ids.push(...(await shown.ids()));
    }
    expect(new Set(ids).size).toBe(all.length);
    expect(ids).toHaveLength(all.length);
    await shown.pager('Next').and(page.locator('[aria-disabled=true]')).waitFor();
    await shown.pager('Next').click({ force: true });
    await shown.shows(`${(pages - 1) * 50 + 1}–${all.length} of ${all.length}`);
  });

  it('has what it shows in its address, which a reload and the way back keep', async () => {
    const { page } = view;
    const there = names(({ clusterName, name }) => clusterName === REGION && name.startsWith(PREFIX));
    await view.choose('Region', REGION);
    await shown.showsNames(there.toReversed().slice(0, 50));
    const wanted = { region: REGION, search: PREFIX, sort: '-name' };
    await until('the address holds what is shown', async () =>
      isDeepStrictEqual(Object.fromEntries(new URL(page.url()).searchParams), wanted),
    );
    await page.reload();
    await view.isThere();
    await shown.showsNames(there.toReversed().slice(0, 50));
    expect(await view.search.inputValue()).toBe(PREFIX);

    await page.locator('.instances th.cell-name .sort').click();
    await shown.showsNames(there.slice(0, 50));
    await page.goBack();
    await shown.showsNames(there.toReversed().slice(0, 50));
    await page.goForward();
    await shown.showsNames(there.slice(0, 50));
    await page.locator('.filter-button').getByText(`Region: ${REGION}`, { exact: true }).waitFor();
  });

  it('shows what a figure counts, as many as the list says', async () => {
    await view.clearFilters();
    const { body } = await fleet.api.request<Summary>('GET', '/api/v1/instances/summary');
    const { running, billedThoughStopped, idle } = body.figures;
    expect(running.instances).toBeGreaterThan(50);
    for (const [name, count] of [
      ['running', running.instances],
      ['idle', idle.instances],
      ['billed-though-stopped', billedThoughStopped.instances],
      ['billed', running.instances + billedThoughStopped.instances],
    ] as const) {
      await view.figure(name).click();
      await shown.shows(count === 0 ? 'none' : `1–${Math.min(50, count)} of ${words(count)}`);
    }
    await view.figure('billed').click();
    await shown.shows(`1–50 of ${words(COUNT)}`);
  });

  it('remembers the columns that were chosen, and its place when one comes back', async () => {
    const { page } = view;
    await page.locator('.columns-button').click();
    await page.locator('.popup-panel .choice-line').getByText('Owner', { exact: true }).click();
    await page.locator('.instances thead .cell-owner').waitFor();
    await page.reload();
    await view.isThere();
    await page.locator('.instances thead .cell-owner').waitFor();
    await page.locator('.columns-button').click();
    await page.locator('.popup-panel').getByText('The usual ones').click();
    await page.locator('.instances thead .cell-owner').waitFor({ state: 'detached' });

    const frame = page.locator('.table-frame');
    await frame.evaluate((element) => element.scrollTo(0, 700));
    await page.locator('.instances .instance-link').nth(20).click();
    await page.locator('.view[data-view=instance] h1').waitFor();
    await page.goBack();
    await until('it is where it was', async () => (await frame.evaluate(({ scrollTop }) => scrollTop)) === 700);
  });

  it('shows what a sync would do, and does it on demand', async () => {
    const { page } = view;
    const [gone] = fleet.sandbox.world.instances();
    const [made] = fleet.sandbox.world.seed(1);
    fleet.sandbox.world.vanish(gone?.id ?? '');
    await (await view.goTo('sync')).getByText('Sync now…').click();
    const dialog = view.dialog('Sync with Novita');
    await dialog.getByRole('button', { name: 'Show what it would do' }).click();
    const plan = dialog.getByRole('region', { name: 'What it would do' });
    await plan.waitFor();
    await plan
      .getByRole('listitem')
      .filter({ hasText: made?.name ?? '' })
      .getByText('Add', { exact: true })
      .waitFor();
    await plan
      .getByRole('listitem')
      .filter({ hasText: gone?.name ?? '' })
      .getByText('Remove', { exact: true })
      .waitFor();
    expect((await fleet.api.request('GET', `/api/v1/instances/${made?.id ?? ''}`)).status).toBe(404);

    const said = await view.watchText(dialog);
    await dialog.getByRole('button', { name: 'Sync now', exact: true }).click();
    await dialog.getByText(/It took [\d.]+ m?s\.$/).waitFor();
    // It may be over before it can be looked at: what was shown meanwhile is kept.
    expect((await said()).some((text) => text.includes('A sync runs: '))).toBe(true);
    await dialog.getByText('Removed', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await view.goTo('instances');
    await view.clearFilters();
    await view.search.fill(made?.id ?? '');
    await shown.showsNames([made?.name ?? '']);
    await view.search.fill(gone?.id ?? '');
    await page.getByText('No instance matches.').waitFor();
  });

  it('says plainly that a sync is held, and lets it through on demand', async () => {
    const { page } = view;
    const ours = await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        fleet.api.create({ name: `ours-${i}`, productName: 'RTX 4090', image: 'nginx' }),
      ),
    );
    await view.clearFilters();
    await view.search.fill('ours-');
    for (const { name } of ours) await view.hasStatus(name, 'Ready');
    const ids = await Promise.all(ours.map(async ({ id }) => (await fleet.api.get(id)).novitaInstanceId ?? ''));
    fleet.sandbox.faults.add({ kind: 'vanish', ids });
    await new SyncClient(fleet.api).run({ resources: ['instances'] });

    // The same words are announced to screen readers, in a status.
    const banner = page
      .locator('.trouble p')
      .filter({ hasText: /^The sync is held since .+: the listing lacks 4 of 4 live instances/ });
    await banner.waitFor();
    expect(await banner.innerText()).toContain('Nothing was removed; 4 records would be.');
    for (const { name } of ours) await view.hasStatus(name, 'Ready');
    await page.locator('.trouble button').click();
    const dialog = view.dialog('Sync with Novita');
    await dialog.getByRole('checkbox', { name: 'Let a held listing through' }).check();
    await dialog.getByRole('button', { name: 'Sync now', exact: true }).click();
    await dialog.getByText(/It took [\d.]+ m?s\.$/).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await view.showAll();
    for (const { name } of ours) await view.hasStatus(name, 'Terminated');
    await banner.waitFor({ state: 'hidden' });
    view.isClean();
  });

  it('gives a command to everything that matches a filter, of which the page shows a part', async () => {
    const { page } = view;
    const matching = names(({ name }) => name.startsWith(PREFIX)).length;
    await view.clearFilters();
    await view.search.fill(PREFIX);
    await shown.shows(`1–50 of ${matching}`);
    await page.locator('.instances thead input').check();
    await view.bulkBar.getByText(`Select all ${matching} that match`).click();
    await view.bulkBar.locator('button[aria-haspopup]').click();
    await page.locator('[role=menu]').getByText('Adopt…', { exact: true }).click();
    const dialog = view.dialog('Adopt');
    await dialog.locator('.dialog-foot .primary').getByText(`Adopt ${matching} instances`).click();
    await view.toast(`Adopt: accepted for ${matching} of ${matching} instances.`).waitFor();
    const { body } = await fleet.api.request('GET', `/api/v1/instances?search=${PREFIX}&origin=adopted&limit=1`);
    expect(body['total']).toBe(matching);
    view.isClean();
  });

  describe('opened anew', () => {
    let anew: FleetPage;
    let probe: PageProbe;
    beforeAll(async () => {
      anew = await FleetPage.openSignedOut(browser, fleet.api.url);
      probe = await PageProbe.in(anew.page);
      await anew.signIn();
    });
    afterAll(() => anew.close());

    it('has fetched little before it can be used', async () => {
      await probe.usableAfter();
      const fetched = await probe.fetched();
      expect(fetched.filter(({ path }) => path.endsWith('.js')).length).toBeGreaterThan(0);
      expect(fetched.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
    });

    it('shows 200 rows when asked for them, and can be scrolled to the last', async () => {
      const pages = new ShownTable(anew);
      await anew.page.locator('.pager select').selectOption('200');
      await pages.shows(`1–200 of ${words((await list('limit=1')).total)}`);
      expect(await anew.rows.count()).toBe(200);
      expect(new Set(await pages.ids()).size).toBe(200);
      const last = anew.rows.last();
      await anew.table.hover();
      await until('the last one is in view', async () => {
        await anew.page.mouse.wheel(0, 2_000);
        const box = await last.boundingBox();
        return box !== null && box.y < 900;
      });
      await anew.page.locator('.pager select').selectOption('50');
    });

    it('shows hundreds of changes, one upon the other, answers meanwhile, and keeps nothing of them in its memory', async () => {
      // What was made elsewhere has no settings of ours.
      const ids = await adoptReady();
      await anew.choose('Status', 'Ready');
      await anew.search.fill(CHANGED_PREFIX);
      await new ShownTable(anew).shows(`1–${CHANGED} of ${CHANGED}`);
      const autoStop = new AutoStopClient(fleet.api);
      const exempt = anew.table.getByText('no auto-stop');
      // What is paid by the month is never stopped, whatever its settings.
      const always = await exempt.count();
      expect(always).toBeLessThan(CHANGED);
      const session = await anew.page.context().newCDPSession(anew.page);
      await session.send('Performance.enable');
      const memory: PageMemory[] = [];
      for (let round = 0; round < 3; round++) {
        const answered = new AbortController();
        const changing = Promise.all(
          ids.map(async (id) => {
            // They come until the page has answered, however slow it is. Of two at once one would be refused: each is of a revision.
            for (let changes = 0; changes < CHANGES || !answered.signal.aborted; changes += 2) {
              await autoStop.set(id, { enabled: false });
              await autoStop.set(id, { enabled: true });
            }
          }),
        );
        try {
          await (await anew.openFilter('Region')).waitFor();
        } finally {
          answered.abort();
        }
        await anew.page.keyboard.press('Escape');
        await changing;
        await until('no row shows an earlier one', async () => (await exempt.count()) === always);
        await Promise.all(ids.map((id) => autoStop.set(id, { enabled: false })));
        await until('every row shows the last one', async () => (await exempt.count()) === CHANGED);
        memory.push(await memoryOf(session));
      }
      console.info(`memory after each ${CHANGED * (CHANGES + 1)} changes or more: ${JSON.stringify(memory)}`);
      const [first, last] = [memory[0], memory.at(-1)] as [PageMemory, PageMemory];
      expect(last.heapMb - first.heapMb).toBeLessThan(1);
      expect(last.nodes).toBeLessThan(first.nodes * 1.1);
      expect(last.listeners).toBeLessThan(first.listeners * 1.1);
      anew.isClean();
    });
  });

  const list = async (query: string): Promise<Listed> =>
    (await fleet.api.request<Listed>('GET', `/api/v1/instances?${query}`)).body;

  /** Adopts as many as are to be changed, and waits until they are ready. */
  const adoptReady = async (): Promise<readonly string[]> => {
    const { instances } = await list(`search=${CHANGED_PREFIX}&status=running&limit=${CHANGED}`);
    const ids = instances.map(({ id }) => id);
    const { status } = await fleet.api.request('POST', '/api/v1/instances/bulk', { action: 'adopt', ids });
    expect(status).toBe(200);
    const ready = `search=${CHANGED_PREFIX}&status=ready&limit=1`;
    await until('all of them are ready', async () => (await list(ready)).total === CHANGED);
    return ids;
  };
});

interface Listed {
  readonly total: number;
  readonly instances: readonly { readonly id: string }[];
}

interface Sum {
  readonly instances: number;
}

interface Summary {
  readonly figures: { readonly running: Sum; readonly idle: Sum; readonly billedThoughStopped: Sum };
}
