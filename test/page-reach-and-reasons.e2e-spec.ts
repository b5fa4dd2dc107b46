import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { AutoStopClient } from './support/auto-stop-client.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { until } from './support/until.js';

/** The narrowest phones. */
const PHONE = { width: 360, height: 740 };
const MOST_STOPS = 120;
const STALE = /status of 412 \(Precondition Failed\) \/api\/v1\/instances\/ins_\w+$/;

let fleet: Fleet;
let browser: Browser;

beforeAll(async () => {
  [fleet, browser] = await Promise.all([Fleet.start({ apis: 1, workers: 1, env: KEYS_OF_ALL_ROLES }), openBrowser()]);
});
afterAll(async () => {
  await closePages(browser);
  await fleet?.stop();
});

/** Whoever has no mouse, and whoever has a small screen, can do the same. */
describe('everything on the page is within reach', () => {
  let fleetPage: FleetPage;

  beforeAll(async () => {
    const names = ['llama-inference', 'sdxl-render-farm-of-the-marketing-department', 'whisper-batch'];
    const made = await Promise.all(
      names.map((name) =>
        fleet.api.create({ name, productName: 'RTX 4090', image: 'nginx:latest', ports: ['8080/http', '22/tcp'] }),
      ),
    );
    for (const { id } of made) await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');
  });

  it('by keyboard: from the key to a stop and a start, and the focus never gets lost', async () => {
    fleetPage = await FleetPage.openSignedOut(browser, fleet.api.url);
    const { page } = fleetPage;
    const { keyboard } = page;
    await page.goto(fleet.api.url);
    await page.getByLabel('API key').and(focused(page)).waitFor();
    await keyboard.type(KEY_OF.operator);
    await keyboard.press('Enter');
    await fleetPage.isThere();

    await tabTo(page, fleetPage.search);
    await keyboard.type('llama');
    await fleetPage.row('whisper-batch').waitFor({ state: 'detached' });

    const filter = page.locator('.filter-button').first();
    await tabTo(page, filter);
    await keyboard.press('Enter');
    await page.locator('.popup-panel').getByText('All but terminated').waitFor();
    await keyboard.press('Escape');
    await filter.and(focused(page)).waitFor();

    const more = fleetPage.menuButton('llama-inference');
    await tabTo(page, more);
    await keyboard.press('Enter');
    const item = (words: string): Locator => page.locator('.menu-item').filter({ hasText: words }).and(focused(page));
    await item('Stop').waitFor();
    await keyboard.press('End');
    await item('Delete…').waitFor();
    await keyboard.press('ArrowUp');
    await item('Why?').waitFor();
    await keyboard.press('Escape');
    await more.and(focused(page)).waitFor();

    await keyboard.press('ArrowUp');
    await item('Delete…').waitFor();
    await keyboard.press('Enter');
    const dialog = fleetPage.dialog('Delete llama-inference?');
    await dialog.getByLabel('Type llama-inference to confirm').and(focused(page)).waitFor();
    await keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await more.and(focused(page)).waitFor();

    await keyboard.press('Shift+Tab');
    await fleetPage.rowButton('llama-inference', 'Stop').and(focused(page)).waitFor();
    await keyboard.press('Enter');
    await fleetPage.hasStatus('llama-inference', 'Stopped');
    await fleetPage.row('llama-inference').locator(':focus').waitFor();

    const box = fleetPage.row('llama-inference').locator('input');
    await tabTo(page, box, 'Shift+Tab');
    await keyboard.press('Space');
    const start = fleetPage.bulkBar.getByText('Start…', { exact: true });
    await tabTo(page, start);
    await keyboard.press('Enter');
    await tabTo(page, fleetPage.dialog('Start').getByText('Start 1 instance', { exact: true }));
    await keyboard.press('Enter');
    await fleetPage.hasStatus('llama-inference', 'Ready');
    expect(await page.locator('body').and(focused(page)).count()).toBe(0);
    fleetPage.isClean();
  });

  it('by keyboard: each stop on the way through the page can be seen', async () => {
    const { page } = fleetPage;
    await page.goto(fleet.api.url);
    await fleetPage.isThere();
    const unseen: string[] = [];
    let stops = 0;
    for (; stops < MOST_STOPS; stops++) {
      await page.keyboard.press('Tab');
      const stop = await focused(page).evaluateAll(([element]) => {
        if (element === undefined) return null;
        const { outlineStyle, outlineWidth } = element.ownerDocument.defaultView.getComputedStyle(element);
        const { width, height } = element.getBoundingClientRect();
        const isSeen = outlineStyle !== 'none' && outlineWidth !== '0px' && width >= 12 && height >= 12;
        return { isSeen, what: element.outerHTML.slice(0, 200) as string };
      });
      if (stop === null) break;
      if (!stop.isSeen) unseen.push(stop.what);
    }
    expect(unseen).toEqual([]);
    expect(stops).toBeGreaterThan(25);
    expect(stops).toBeLessThan(MOST_STOPS);
    await fleetPage.close();
  });

  it('on a phone: nothing of the page lies beside the screen', async () => {
    fleetPage = await FleetPage.open(browser, fleet.api.url, { role: 'admin', viewport: PHONE, hasTouch: true });
    const { page } = fleetPage;
    expect(['the page', await beyondEdges()]).toEqual(['the page', []]);
    for (const name of ['.mark.health', '.mark.freshness', '.mark.account', '.filter-button']) {
      await page.locator(name).first().click();
      expect([name, await beyondEdges()]).toEqual([name, []]);
      await page.keyboard.press('Escape');
    }
    await fleetPage.goToInstance('llama-inference');
    await page.locator('.why').waitFor();
    expect(['an instance', await beyondEdges()]).toEqual(['an instance', []]);
    for (const name of ['overview', 'activity', 'spend', 'sync', 'orphans'] as const) {
      await fleetPage.goTo(name);
      expect([name, await beyondEdges()]).toEqual([name, []]);
    }
    fleetPage.isClean();
  });

  it('on a phone: every command is offered, and its dialog fits the screen', async () => {
    const { page } = fleetPage;
    await fleetPage.goTo('instances');
    const name = 'sdxl-render-farm-of-the-marketing-department';
    const offered = await fleetPage.openMenu(name);
    expect(['the menu', await beyondEdges()]).toEqual(['the menu', []]);
    const items = await offered.locator('[role=menuitem]').allTextContents();
    expect(items).toContain('Copy SSH command');
    expect(items.slice(-6)).toEqual(['Stop', 'Restart', 'Keep busy for…', 'Auto-stop settings…', 'Why?', 'Delete…']);
    await page.keyboard.press('Escape');
    const dialogs = [
      ['Keep busy for…', `Keep ${name} busy`],
      ['Auto-stop settings…', `Auto-stop of ${name}`],
      ['Delete…', `Delete ${name}?`],
    ] as const;
    for (const [command, title] of dialogs) {
      await fleetPage.command(name, command);
      expect([title, await beyondEdgesOf(title)]).toEqual([title, []]);
    }
    const others = [
      ['Stop all…', 'Stop all instances'],
      ['Sync now', 'Sync with Novita'],
    ] as const;
    for (const [command, title] of others) {
      await fleetPage.fleetCommand(command);
      expect([title, await beyondEdgesOf(title)]).toEqual([title, []]);
    }
    await page.locator('.toolbar-commands .primary').click();
    const title = 'Create an instance';
    expect([title, await beyondEdgesOf(title)]).toEqual([title, []]);

    await fleetPage.row(name).locator('input').check();
    await fleetPage.bulkBar.getByText('Stop…', { exact: true }).click();
    expect(['of several', await beyondEdgesOf('Stop')]).toEqual(['of several', []]);
    await fleetPage.bulkBar.getByText('Clear', { exact: true }).click();
    await fleetPage.command(name, 'Stop');
    await fleetPage.toast(`${name}: `).waitFor();
    expect(['a toast', await beyondEdges()]).toEqual(['a toast', []]);
    await fleetPage.hasStatus(name, 'Stopped');
    fleetPage.isClean();
    await fleetPage.close();
  });

  /** What cannot be seen without scrolling sideways, once what was opened has come to rest. */
  const beyondEdges = async (): Promise<readonly string[]> => {
    let beyond = await beyondEdgesNow();
    for (let looks = 1; looks < 20 && beyond.length > 0; looks++) {
      await pause(100);
      beyond = await beyondEdgesNow();
    }
    return beyond;
  };

  /** The page itself, or controls beyond its edges. */
  const beyondEdgesNow = async (): Promise<readonly string[]> =>
    fleetPage.page.locator('body').evaluate((body, width) => {
      const { scrollingElement, defaultView } = body.ownerDocument;
      // These scroll by themselves.
      const inside = '.table-scroll, .tabs, .instances-figures, .filter-buttons, .activity-kinds';
      const controls = [...body.querySelectorAll('button, a, input, select, summary, dialog')].filter(
        (control) => control.closest(inside) === null,
      );
      const beyond = controls.filter((control) => {
        const { left, right, width: own } = control.getBoundingClientRect();
        return own > 1 && control.checkVisibility() && (left < -0.5 || right > width + 0.5);
      });
      const isWide = scrollingElement.scrollWidth > width || defaultView.innerWidth > width;
      return [...(isWide ? ['the page'] : []), ...beyond.map((control) => control.outerHTML.slice(0, 200) as string)];
    }, PHONE.width);

  /** The same of a dialog that has been asked for, which is closed then. */
  const beyondEdgesOf = async (title: string): Promise<readonly string[]> => {
    const dialog = fleetPage.dialog(title);
    await dialog.waitFor();
    const beyond = await beyondEdges();
    await fleetPage.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    return beyond;
  };
});

/** Why an instance is kept or stopped, and what is said about it from the page. */
describe('reasons on the page', () => {
  let autoStop: AutoStopClient;
  let fleetPage: FleetPage;
  let instance: InstanceView;

  beforeAll(async () => {
    autoStop = new AutoStopClient(fleet.api);
    const { id } = await fleet.api.create({ name: 'flux-notebook', productName: 'RTX 4090', image: 'nginx:latest' });
    instance = await until('it is ready', async () => {
      const present = await fleet.api.get(id);
      return present.status === 'ready' && present;
    });
    fleetPage = await FleetPage.open(browser, fleet.api.url);
  });
  afterAll(() => fleetPage?.close());

  it('keep busy: asks for how long and with what, shows it in the row, and can be ended', async () => {
    const row = fleetPage.row('flux-notebook');
    await fleetPage.command('flux-notebook', 'Keep busy for…');
    const dialog = fleetPage.dialog('Keep flux-notebook busy');
    const keep = dialog.getByRole('button', { name: 'Keep busy' });
    const reason = dialog.getByLabel('What it is busy with');
    await keep.click();
    await fleetPage.isDescribed(reason, 'Say what it is busy with');

    await dialog.getByRole('radio', { name: 'Until another time' }).check();
    await dialog.getByLabel('Another time', { exact: true }).fill('2020-01-01T09:00');
    await reason.fill('training run 42');
    await keep.click();
    await dialog.getByText('Give a time that is still to come.').waitFor();

    await dialog.getByRole('radio', { name: /^For 4 hours/ }).check();
    await keep.click();
    await fleetPage.toast('flux-notebook: ').waitFor();
    await row.getByText(/^busy (4 h|3 h 59 min)/).waitFor();
    const { lease } = (await fleet.api.get(instance.id))['autoStop'] as { lease: { reason: string; until: string } };
    expect(lease.reason).toBe('training run 42');
    expect(Date.parse(lease.until) - Date.now()).toBeGreaterThan(3.9 * 3_600_000);

    await fleetPage.command('flux-notebook', 'Keep busy for…');
    await dialog.getByText(/^Kept busy until .*: training run 42$/).waitFor();
    await dialog.getByRole('button', { name: 'End it now' }).click();
    await dialog.waitFor({ state: 'detached' });
    await row.getByText(/^idle /).waitFor();
    fleetPage.isClean();
  });

  it('auto-stop settings: what somebody else saved meanwhile is shown before it is written over', async () => {
    const { page } = fleetPage;
    await fleetPage.command('flux-notebook', 'Auto-stop settings…');
    const dialog = fleetPage.dialog('Auto-stop of flux-notebook');
    await dialog.getByText('In force:').waitFor();
    await dialog.getByRole('radio', { name: 'After this many minutes:' }).check();
    const minutes = dialog.getByLabel('Minutes without use');
    await minutes.fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Give the minutes.').waitFor();
    await minutes.fill('45');

    // Just before the page's own write arrives, another one does: the answer to the page is 412.
    let writes = 0;
    await page.route(`**/api/v1/instances/${instance.id}`, async (route) => {
      if (route.request().method() === 'PATCH' && writes++ === 0)
        await autoStop.set(instance.id, { thresholdMinutes: 90 });
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await fleetPage.warned('Somebody changed these settings in the meantime').waitFor();
    expect(writes).toBe(1);
    expect(await minutes.inputValue()).toBe('45');
    await dialog.getByText(/^In force: .*after 90 min/).waitFor();

    await dialog.getByRole('button', { name: 'Save' }).click();
    await fleetPage.toast('flux-notebook: Auto-stop is set to').waitFor();
    expect((await fleet.api.get(instance.id))['autoStop']).toMatchObject({ thresholdMinutes: 45 });
    expect(fleetPage.watched.faults.filter((fault) => STALE.test(fault))).toHaveLength(1);
    fleetPage.isClean([STALE]);
  });

  it('why: the rule and the audit log are shown, and follow what happens', async () => {
    const { page } = fleetPage;
    const panel = await fleetPage.goToInstance('flux-notebook');
    const why = panel.locator('.why');
    const idle = await autoStop.idle(instance.id);
    expect(idle.rule).toBe('used-lately');
    await why.getByText(/^Kept: /).waitFor();

    await panel.locator('#tab-activity').click();
    const entries = panel.locator('.timeline > li');
    const auditLog = await autoStop.auditLog(instance.id);
    await until('every entry is shown', async () => (await entries.count()) === auditLog.length);
    await entries.getByText('Training run 42').first().waitFor();
    await entries.getByText('Key ops').first().waitFor();

    await autoStop.lease(instance.id, { minutes: 60, reason: 'a demo for the board' });
    await why.getByText('a demo for the board').waitFor();
    await entries.first().getByText('A demo for the board').waitFor();
    await fleet.api.request('POST', `/api/v1/instances/${instance.id}/stop`);
    await entries.getByText('It stopped', { exact: true }).waitFor();
    await why.getByText(/^Stopped: by key ops/).waitFor();

    // The tab was a choice of its own.
    await page.goBack();
    await page.goBack();
    await fleetPage.hasStatus('flux-notebook', 'Stopped');
    fleetPage.isClean([STALE]);
  });
});

function focused(page: Page): Locator {
  return page.locator(':focus');
}

/** Goes on from stop to stop until this one has the focus. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    if ((await target.and(focused(page)).count()) > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} never leads to ${String(target)}`);
}
