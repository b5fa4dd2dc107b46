import { setTimeout as pause } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.js';
import { FleetPage, KEY_OF } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

/** The narrowest phones. */
const PHONE = { width: 360, height: 740 };
const MOST_STOPS = 120;

/** Whoever has no mouse, and whoever has a small screen, can do the same. */
export function reach(ground: PageGround): void {
  describe('everything on the page is within reach', () => {
    let api: ApiClient;
    let fleetPage: FleetPage;

    beforeAll(async () => {
      await ground.clear();
      ({ api } = ground.fleet);
      const names = ['llama-inference', 'sdxl-render-farm-of-the-marketing-department', 'whisper-batch'];
      const made = await Promise.all(
        names.map((name) =>
          api.create({ name, productName: 'RTX 4090', image: 'nginx:latest', ports: ['8080/http', '22/tcp'] }),
        ),
      );
      for (const { id } of made) await until('it is ready', async () => (await api.get(id)).status === 'ready');
    });

    it('by keyboard: from the key to a stop and a start, and the focus never gets lost', async () => {
      fleetPage = await FleetPage.openSignedOut(ground.browser, api.url);
      const { page } = fleetPage;
      const { keyboard } = page;
      await page.goto(api.url);
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
      await page.goto(api.url);
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
      fleetPage = await FleetPage.open(ground.browser, api.url, { role: 'admin', viewport: PHONE, hasTouch: true });
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
}

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
