import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { until } from './support/until.js';

/** The narrowest phones. */
const PHONE = { width: 360, height: 740 };
const MOST_STOPS = 120;

/** Whoever has no mouse, and whoever has a small screen, can do the same. */
describe('everything on the page is within reach', () => {
  let fleet: Fleet;
  let browser: Browser;
  let fleetPage: FleetPage;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({ apis: 1, workers: 1, env: KEYS_OF_ALL_ROLES }),
      launchBrowser(),
    ]);
    const names = ['llama-inference', 'sdxl-render-farm-of-the-marketing-department', 'whisper-batch'];
    const made = await Promise.all(
      names.map((name) =>
        fleet.api.create({ name, productName: 'RTX 4090', image: 'nginx:latest', ports: ['8080/http', '22/tcp'] }),
      ),
    );
    for (const { id } of made) await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');
  });
  afterEach(() => fleetPage.close());
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
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

    const filter = page.getByRole('button', { name: /^Status: / });
    await tabTo(page, filter);
    await keyboard.press('Enter');
    await page.getByRole('group', { name: 'Statuses to show' }).waitFor();
    await keyboard.press('Escape');
    await filter.and(focused(page)).waitFor();

    const more = fleetPage.menuButton('llama-inference');
    await tabTo(page, more);
    await keyboard.press('Enter');
    const item = (words: string): Locator => page.getByRole('menuitem', { name: words }).and(focused(page));
    await item('Restart').waitFor();
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
    expect(await fleetPage.row('llama-inference').locator(':focus').count()).toBe(1);

    const box = fleetPage.row('llama-inference').getByRole('checkbox');
    await tabTo(page, box, 'Shift+Tab');
    await keyboard.press('Space');
    const start = page.getByRole('button', { name: 'Start 1…' });
    await tabTo(page, start);
    await keyboard.press('Enter');
    await tabTo(page, fleetPage.dialog('Start 1 instance?').getByRole('button', { name: 'Start 1 instance' }));
    await keyboard.press('Enter');
    await fleetPage.hasStatus('llama-inference', 'Ready');
    expect(await page.locator('body').and(focused(page)).count()).toBe(0);
    fleetPage.isClean();
  });

  it('by keyboard: each stop on the way through the page can be seen', async () => {
    fleetPage = await FleetPage.open(browser, fleet.api.url);
    const { page } = fleetPage;
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
  });

  it('on a phone: nothing of the page lies beside the screen', async () => {
    fleetPage = await openOnPhone('admin');
    const { page } = fleetPage;
    expect(['the page', await beyondEdges()]).toEqual(['the page', []]);
    for (const name of [/^Health: /, /^Menu of /, /^Status: /]) {
      const button = page.getByRole('button', { name });
      await button.click();
      expect([String(name), await beyondEdges()]).toEqual([String(name), []]);
      await page.keyboard.press('Escape');
    }
    await page
      .getByRole('button', { name: 'Details' })
      .or(page.getByText('Details', { exact: true }))
      .first()
      .click();
    expect(['the details of the sync', await beyondEdges()]).toEqual(['the details of the sync', []]);
    fleetPage.isClean();
  });

  it('on a phone: every command is offered, and its dialog fits the screen', async () => {
    fleetPage = await openOnPhone('operator');
    const { page } = fleetPage;
    const name = 'sdxl-render-farm-of-the-marketing-department';
    const offered = await fleetPage.openMenu(name);
    expect(['the menu', await beyondEdges()]).toEqual(['the menu', []]);
    expect(await offered.getByRole('menuitem').allTextContents()).toEqual([
      'Restart',
      'Keep busy for…',
      'Auto-stop settings…',
      'Why?',
      'Delete…',
    ]);
    await page.keyboard.press('Escape');
    const dialogs = [
      ['Keep busy for…', `Keep ${name} busy`],
      ['Auto-stop settings…', `Auto-stop of ${name}`],
      ['Why?', name],
      ['Delete…', `Delete ${name}?`],
    ] as const;
    for (const [command, title] of dialogs) {
      await fleetPage.command(name, command);
      expect([title, await beyondEdgesOf(title)]).toEqual([title, []]);
    }
    const others = [
      ['Create…', 'Create an instance'],
      ['Stop all…', 'Stop all instances'],
      ['Sync now', 'Sync with Novita'],
    ] as const;
    for (const [command, title] of others) {
      await page.getByRole('button', { name: command, exact: true }).click();
      expect([title, await beyondEdgesOf(title)]).toEqual([title, []]);
    }

    await fleetPage.row(name).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Stop 1…' }).click();
    expect(['Stop 1 instance?', await beyondEdgesOf('Stop 1 instance?')]).toEqual(['Stop 1 instance?', []]);
    await page.getByRole('group', { name: 'Selected instances' }).getByRole('button', { name: 'Clear' }).click();
    await fleetPage.command(name, 'Stop');
    await fleetPage.told(`${name}: `).waitFor();
    expect(['a toast', await beyondEdges()]).toEqual(['a toast', []]);
    await fleetPage.hasStatus(name, 'Stopped');
    fleetPage.isClean();
  });

  const openOnPhone = (role: 'operator' | 'admin'): Promise<FleetPage> =>
    FleetPage.open(browser, fleet.api.url, { role, viewport: PHONE, hasTouch: true });

  /** What cannot be seen without scrolling sideways: the page itself, or controls beyond its edges. */
  const beyondEdges = async (): Promise<readonly string[]> =>
    fleetPage.page.locator('body').evaluate((body, width) => {
      const { scrollingElement, defaultView } = body.ownerDocument;
      const controls = [...body.querySelectorAll('button, a, input, select, summary, dialog')];
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
