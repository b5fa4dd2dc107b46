import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './support/axe.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { DEAREST_IDLE, fillMixed, MIXED } from './support/mixed-fleet.js';
import { until } from './support/until.js';

const DESKTOP = { width: 1280, height: 720 };
const SMALLEST = { width: 360, height: 740 };
const VIEWS = ['overview', 'spend'] as const;
const ALL = '/api/v1/instances?limit=200';

/** What a test reads of a row of `GET /instances`, from which every figure follows. */
interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly novitaStatus?: string;
  readonly origin: string;
  readonly owner: string;
  readonly desired: string;
  readonly billingMode: string;
  readonly region?: string;
  readonly product: { readonly name: string };
  readonly pricePerHour?: number;
  readonly billedNow?: 'running' | 'though-stopped';
  readonly autoStopAt?: string;
  readonly autoStopExemption?: string;
  readonly ignoredAt?: string;
}

/** As the page writes dollars per hour: to the cent for a glance, to a tenth of it in tables. */
const dollars = (digits: number) =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: digits });
const glance = (usd: number): string => `${dollars(usd < 1_000 ? 2 : 0).format(usd)}/h`;
const exact = (usd: number): string => `${dollars(3).format(usd)}/h`;

/** In whole millionths, as sums of fractions drift. */
const sum = (rows: readonly Row[]): number =>
  rows.reduce((total, { pricePerHour = 0 }) => total + Math.round(pricePerHour * 1e6), 0) / 1e6;

/** What stands idle in this fleet: what is ready past its warning, and what runs that was made elsewhere. */
const isIdle = ({ status, desired, origin, autoStopAt, autoStopExemption }: Row): boolean =>
  desired === 'running' &&
  (origin === 'discovered'
    ? autoStopExemption === 'made-elsewhere' && ['running', 'ready'].includes(status)
    : status === 'ready' && autoStopAt !== undefined && Date.parse(autoStopAt) - Date.now() < 3_600_000);

/** The views of the money, over one fleet with one of each kind that a sum can go wrong by. */
describe('the money on the page', () => {
  let fleet: Fleet;
  let browser: Browser;
  let fleetPage: FleetPage;
  let page: Page;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({ standalones: 1, env: { ...KEYS_OF_ALL_ROLES, ...MIXED }, sandbox: { seed: 7 } }),
      openBrowser(),
    ]);
    await fillMixed(fleet);
    fleetPage = await FleetPage.open(browser, fleet.api.url, { viewport: DESKTOP });
    page = fleetPage.page;
  });
  afterEach(async () => {
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ colorScheme: 'light' });
    await fleetPage.goTo('instances');
  });
  afterAll(async () => {
    await closePages(browser);
    await fleet?.stop();
  });

  const allRows = async (): Promise<readonly Row[]> =>
    (await fleet.api.request<{ readonly instances: readonly Row[] }>('GET', ALL)).body.instances;
  const figureOf = async (view: Locator, name: string): Promise<string> =>
    view.locator(`.figure[data-figure=${name}][data-state=known] .figure-value`).innerText();
  /** The rows of a table of sums by their label, and its total. */
  const sums = async (name: string): Promise<Record<string, string>> => {
    const rows = await page.locator(`[data-sums=${name}] tr:has(td)`).allInnerTexts();
    return Object.fromEntries(rows.map((row) => row.split(/\s*[\t\n]\s*/) as [string, string]));
  };
  const moneyRow = (name: string): Locator =>
    page.locator('.money-table tbody tr').filter({ has: page.getByText(name, { exact: true }) });

  it('shows on every view what the rows of the list add up to', async () => {
    const rows = await allRows();
    const running = rows.filter(({ billedNow }) => billedNow === 'running');
    const stopped = rows.filter(({ billedNow }) => billedNow === 'though-stopped');
    const idle = rows.filter(isIdle);
    const failed = rows.filter(({ status }) => status === 'failed');
    const orphans = rows.filter(({ origin, ignoredAt }) => origin === 'discovered' && ignoredAt === undefined);
    // Otherwise it would prove little.
    expect(rows.filter(({ billingMode }) => billingMode === 'monthly').length).toBeGreaterThan(1);
    expect(rows.filter(({ status }) => status === 'starting').length).toBeGreaterThan(0);
    expect(rows.filter(({ autoStopExemption }) => autoStopExemption === 'switched-off-for-this-one')).toHaveLength(1);
    for (const some of [stopped, failed, orphans, idle, rows.filter((row) => row.billedNow === undefined)]) {
      expect(some.length).toBeGreaterThan(0);
    }
    const cost = sum([...running, ...stopped]);
    const shared = {
      running: String(running.length),
      cost: glance(cost),
      idle: glance(sum(idle)),
      stopped: glance(sum(stopped)),
      attention: String(failed.length),
    };

    const list = page.locator('.view[data-view=instances]');
    expect({
      running: await figureOf(list, 'running'),
      cost: await figureOf(list, 'billed'),
      idle: await figureOf(list, 'idle'),
      stopped: await figureOf(list, 'billed-though-stopped'),
      attention: await figureOf(list, 'attention'),
    }).toEqual(shared);

    const overview = await fleetPage.goTo('overview');
    await overview.locator('.figure[data-figure=running][data-state=known]').waitFor();
    expect({
      running: await figureOf(overview, 'running'),
      cost: await figureOf(overview, 'cost'),
      idle: await figureOf(overview, 'idle'),
      stopped: shared.stopped,
      attention: await figureOf(overview, 'attention'),
    }).toEqual(shared);
    expect(await figureOf(overview, 'orphans')).toBe(String(orphans.length));
    const chips = await overview
      .locator('.chip:visible')
      .evaluateAll((all) =>
        all.map((chip) => [chip.getAttribute('data-status'), Number(chip.lastElementChild?.textContent)] as const),
      );
    expect(Object.fromEntries(chips)).toEqual(counted(rows, ({ status }) => status));
    await overview.getByText(`${exact(sum(stopped))} is billed though stopped`).waitFor();

    const spend = await fleetPage.goTo('spend');
    await moneyRow(idle[0]?.name ?? '').waitFor();
    expect({
      running: shared.running,
      cost: await figureOf(spend, 'now'),
      idle: await figureOf(spend, 'idle'),
      stopped: await figureOf(spend, 'stopped'),
      attention: shared.attention,
    }).toEqual(shared);
    const heads = await spend.locator('.money-sum').allInnerTexts();
    expect(heads).toEqual([`${idle.length} instances, ${shared.idle}`, shared.stopped]);
    const billed = [...running, ...stopped];
    const divisions = {
      byProduct: ({ product }: Row) => product.name,
      byRegion: ({ region = 'Not known' }: Row) => region,
    };
    for (const [name, part] of Object.entries(divisions)) {
      const expected = Object.entries(Object.groupBy(billed, part)).map(([key, some = []]) => [key, exact(sum(some))]);
      expect(await sums(name)).toEqual({ ...Object.fromEntries(expected), Total: exact(cost) });
    }
    for (const name of ['byOwner', 'byStatus']) expect(await sums(name)).toMatchObject({ Total: exact(cost) });
    for (const name of ['byProduct', 'byRegion', 'byOwner', 'byStatus']) {
      const parts = await page
        .locator(`[data-sums=${name}] tbody tr`)
        .evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-usd'))));
      expect(parts.reduce((total, part) => total + part, 0)).toBeCloseTo(cost, 5);
    }
    fleetPage.isClean();
  });

  it('says what is billed though stopped, and what would end what stands idle', async () => {
    const stopped = (await allRows()).filter(({ billedNow }) => billedNow === 'though-stopped');
    await fleetPage.goTo('spend');
    const section = page.locator('[data-section=billed-though-stopped]');
    await section.locator('tbody tr').first().waitFor();
    expect(await section.locator('tbody .money-name').allInnerTexts()).toEqual(stopped.map(({ name }) => name));
    await section.getByText('They are paid by the month: a stop does not end it.').waitFor();
    await moneyRow(DEAREST_IDLE[0] ?? '')
      .getByText(/^Auto-stop in \d+ min$/)
      .waitFor();
    await moneyRow('somebody-elses').getByText('Nothing: made elsewhere').waitFor();

    // The figure leads to the same instances in the list, and back again to where one was.
    await page.locator('.figure[data-figure=stopped]').click();
    await until('the list shows these alone', async () => {
      const listed = await fleetPage.rows.locator('.instance-link').allInnerTexts();
      return listed.join() === stopped.map(({ name }) => name).join();
    });
    await page.goBack();
    await page.locator('.view[data-view=spend]').waitFor();

    await page.locator('.segment input[value=product]').check();
    await page.waitForURL(/\?by=product$/);
    await page.reload();
    await page.locator('.segment input[value=product]:checked').waitFor({ state: 'attached' });
    await page.locator('.days-chart .chart-canvas').waitFor();
    await page.locator('.days-chart .chart-data summary').click();
    // The table is filled when it is opened: its last row stands when all do.
    await page.locator('.days-chart .chart-table tbody tr').nth(30).waitFor();
    expect(await page.locator('.days-chart .chart-table tbody tr').count()).toBe(31);
    fleetPage.isClean();
  });

  it.each(VIEWS)('has nothing that axe finds wrong, and no sideways scrolling: %s', async (name) => {
    const view = await fleetPage.goTo(name);
    await view.locator('.figure[data-state=known]').first().waitFor();
    await view.locator('.chart-canvas').first().waitFor();
    expect(await violationsOf(page, { within: '.view' })).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))');
    expect(await violationsOf(page, { within: '.view', onlyColours: true })).toEqual([]);
    await page.setViewportSize(SMALLEST);
    // The charts are drawn anew for the narrower screen right after it.
    await page.waitForFunction('document.documentElement.scrollWidth === document.documentElement.clientWidth');
  });

  it('finds the three dearest idle ones and stops them, by the keyboard alone', async () => {
    await page.locator('.nav-link[data-view=spend]').focus();
    await page.keyboard.press('Enter');
    await moneyRow(DEAREST_IDLE[0] ?? '').waitFor();
    const listed = await page.locator('[data-section=idle] tbody .money-name').allInnerTexts();
    expect(listed.filter((name) => DEAREST_IDLE.includes(name))).toEqual(DEAREST_IDLE);
    for (const name of DEAREST_IDLE) {
      await moneyRow(name).locator('input').focus();
      await page.keyboard.press('Space');
    }
    const price = sum((await allRows()).filter(({ name }) => DEAREST_IDLE.includes(name)));
    await page
      .locator('.money-bar')
      .getByText(`3 instances selected, ${exact(price)}`)
      .waitFor();
    await page.locator('.money-bar button').getByText('Stop…', { exact: true }).focus();
    await page.keyboard.press('Enter');
    const dialog = fleetPage.dialog('Stop');
    await dialog.getByText(`This ends ${exact(price)}`).waitFor();
    expect(await dialog.locator('.line-name').allInnerTexts()).toEqual(DEAREST_IDLE);
    await dialog.locator('button').getByText('Stop 3 instances', { exact: true }).focus();
    await page.keyboard.press('Enter');
    await fleetPage.toast('accepted for 3 of 3').waitFor();
    for (const name of DEAREST_IDLE) await moneyRow(name).waitFor({ state: 'detached' });
    await page.locator('.money-bar').waitFor({ state: 'hidden' });
    await until('they are stopped', async () => {
      const rows = (await allRows()).filter(({ name }) => DEAREST_IDLE.includes(name));
      return rows.every(({ status, billedNow }) => status === 'stopped' && billedNow === undefined);
    });
    fleetPage.isClean();
  });

  it('stops everything, and says before and afterwards what goes on costing', async () => {
    // One that pulls for ever could not be stopped.
    fleet.sandbox.faults.clear();
    await fleetPage.goTo('spend');
    await page.locator('.view-head button').getByText('Stop all…', { exact: true }).click();
    const dialog = fleetPage.dialog('Stop all instances');
    await dialog.getByText(/^These costs go on: .+ made elsewhere and left alone/).waitFor();
    await dialog.getByText(/paid by the month, running or not/).waitFor();
    await dialog.locator('.check input').check();
    await dialog.locator('button.danger').click();
    await dialog.waitFor({ state: 'detached' });
    // Made elsewhere, paid by the month, or frozen at Novita, where a stop takes as long as that lasts.
    const left = await until('nothing else is billed', async () => {
      const billed = (await allRows()).filter(({ billedNow }) => billedNow !== undefined);
      const isLeft = ({ origin, billedNow, novitaStatus }: Row): boolean =>
        origin === 'discovered' || billedNow === 'though-stopped' || novitaStatus === 'freezing';
      return billed.every(isLeft) && billed;
    });
    await page
      .locator('.figure[data-figure=now]')
      .getByText(glance(sum(left)), { exact: true })
      .waitFor();
    const stopped = left.filter(({ billedNow }) => billedNow === 'though-stopped');
    await page
      .locator('.figure[data-figure=stopped]')
      .getByText(glance(sum(stopped)), { exact: true })
      .waitFor();
    fleetPage.isClean();
  });
});

const counted = (rows: readonly Row[], of: (row: Row) => string): Record<string, number> =>
  Object.fromEntries(Object.entries(Object.groupBy(rows, of)).map(([name, some = []]) => [name, some.length]));
