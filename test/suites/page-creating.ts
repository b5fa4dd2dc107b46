import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ApiClient } from '../support/api-client.js';
import { violationsOf } from '../support/axe.js';
import { FleetPage } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

const SOLD_OUT = 'H200 SXM 141GB';

/** In the place of the browser's own notices, which a browser without a screen shows nobody: it keeps them, and asks nobody. */
const KEPT_NOTICES = `
  globalThis.kept = { asked: 0, shown: [] };
  globalThis.Notification = class extends EventTarget {
    static permission = 'default';
    static async requestPermission() {
      kept.asked += 1;
      return (this.permission = 'granted');
    }
    constructor(title, options) {
      super();
      kept.shown.push({ title, ...options });
      kept.latest = this;
    }
    close() {}
  };
`;

/** Keeps what the browser says of its own notices; all else is theirs. */
const WATCHED_NOTICES = `
  globalThis.shown = [];
  const Own = globalThis.Notification;
  globalThis.Notification = class extends Own {
    constructor(title, options) {
      super(title, options);
      this.addEventListener('show', () => shown.push(title));
    }
  };
`;

interface Kept {
  readonly asked: number;
  readonly shown: readonly { readonly title: string; readonly body: string }[];
}

/** The first steps: from an empty fleet to an instance that is ready, by mouse and by keys. */
export function creating(ground: PageGround): void {
  describe('creating, keys and notices', () => {
    let api: ApiClient;
    let fleetPage: FleetPage;

    beforeAll(async () => {
      await ground.clear();
      ({ api } = ground.fleet);
      fleetPage = await FleetPage.openSignedOut(ground.browser, api.url, {
        viewport: { width: 1280, height: 720 },
        reducedMotion: 'reduce',
      });
      await fleetPage.page.addInitScript(KEPT_NOTICES);
    });
    afterAll(() => fleetPage?.close());

    const kept = (): Promise<Kept> => fleetPage.page.evaluate<Kept>('({ asked: kept.asked, shown: kept.shown })');
    const press = (...keys: readonly string[]): Promise<void> =>
      keys.reduce((before, key) => before.then(() => fleetPage.page.keyboard.press(key)), Promise.resolve());
    /** Presses two keys that lead to a view, again where the second one came too late to count with the first. */
    const goByKey = async (key: string, view: string): Promise<void> => {
      await until(`the view is ${view}`, async () => {
        await press('g', key);
        return (await fleetPage.page.locator(`.view[data-view=${view}]`).count()) > 0;
      });
    };
    /** Nothing is wrong with the part that was opened, in either theme; these differ in colours alone. */
    const isAccessible = async (within: string): Promise<void> => {
      const { page } = fleetPage;
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await violationsOf(page, { within });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect([...light, ...(await violationsOf(page, { within, onlyColours: true }))]).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
    };
    /** Opens the palette and waits until it lists this first. */
    const find = async (typed: string, first: string | RegExp): Promise<Locator> => {
      const { page } = fleetPage;
      await press('Control+k');
      await page.locator('.palette-input').fill(typed);
      const option = page.locator('.palette-option[aria-selected=true]');
      await option.filter({ hasText: first }).waitFor();
      return option;
    };

    it('the sign-in says what this is and where the key is found', async () => {
      const { page } = fleetPage;
      await page.goto(api.url);
      await page.getByText('The GPU instances that you rent at Novita').waitFor();
      await page.getByText('Where is my key?').click();
      await page.getByText('It is not your key at Novita.').waitFor();
      await isAccessible('.sign-in');
      await fleetPage.signIn();
      expect(await page.getByLabel('API key').count()).toBe(0);
    });

    it('a create shows what each GPU costs where, says why one cannot be had and what can, and ends in one to open', async () => {
      const { page } = fleetPage;
      await page.getByText('No instances yet.').waitFor();
      // The two things to do with an empty fleet.
      await page.locator('.empty button').filter({ hasText: 'Sync now' }).waitFor();
      await page.locator('.empty .primary').click();
      const dialog = fleetPage.dialog('Create an instance');
      const total = dialog.locator('.price');
      await dialog
        .locator('.gpu-name')
        .getByText(/\$\d+\.\d\d\/h in [\w-]+.*; \$\d+\.\d\d\/h in/)
        .first()
        .waitFor();
      await total.getByText('Choose a GPU to see the price.').waitFor();

      await dialog.getByLabel('Name', { exact: true }).fill('llama-inference');
      await dialog.getByLabel('Image').fill('vllm/vllm-openai:v0.8.4');
      await dialog.getByText('Ready when 8000/http answers, the usual port of vLLM.').waitFor();
      await dialog.locator('.gpu-row').filter({ hasText: SOLD_OUT }).locator('input').check();
      await total.getByText(`${SOLD_OUT} is out of stock everywhere at present.`).waitFor();
      await dialog.locator('button[type=submit]').click();
      await dialog.getByText('This GPU is not to be had at present. Choose one that is.').waitFor();
      await isAccessible('dialog');

      const instead = dialog.locator('.price-others button').first();
      const name = (await instead.innerText()).split(',')[0] ?? '';
      await instead.click();
      await total.getByText(/^Total: \$\d+\.\d\d\/h in .+, which is \$\d+/).waitFor();
      expect(await dialog.locator('.gpu-row input:checked').getAttribute('value')).toBe(name);
      await dialog.locator('.advanced > summary').click();
      await dialog.getByLabel('Let it report its own use').check();
      await dialog.locator('button[type=submit]').click();
      await dialog.waitFor({ state: 'detached' });
      await fleetPage.hasStatus('llama-inference', 'Ready');

      const { body } = await api.request<{ instances: readonly { id: string }[] }>(
        'GET',
        '/api/v1/instances?search=llama-inference',
      );
      expect(body.instances).toMatchObject([
        { portMappings: [{ port: 8000, type: 'http' }], tokenIssuedAt: expect.stringMatching(/^\d{4}-/) },
      ]);
      await fleetPage.goToInstance('llama-inference');
      expect(page.url()).toContain(`/instances/${body.instances[0]?.id}`);
      fleetPage.isClean();
    });

    it('keys go from view to view, along the rows, and into the search', async () => {
      const { page } = fleetPage;
      await goByKey('s', 'spend');
      await goByKey('i', 'instances');
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await press('j');
      await fleetPage.row('llama-inference').locator('.instance-link:focus').waitFor();
      await press('x');
      await fleetPage.bulkBar.getByText('1 instance selected').waitFor();
      await press('x');
      await fleetPage.bulkBar.waitFor({ state: 'hidden' });
      await press('Enter');
      await page.locator('.view[data-view=instance]').waitFor();
      // From any view.
      await until('the search has the focus', async () => {
        await press('/');
        return (await page.locator('#search:focus').count()) > 0;
      });
      await fleetPage.search.fill('');
      await page.keyboard.type('gx?');
      expect(await fleetPage.search.inputValue()).toBe('gx?');
      await fleetPage.search.fill('');
      await fleetPage.rows.first().waitFor();

      await page.locator('.top-name').focus();
      await press('?');
      const keys = fleetPage.dialog('Keys');
      await keys.getByText('Search the instances').waitFor();
      await isAccessible('dialog');
      await keys.locator('input[type=checkbox]').uncheck();
      await press('Escape', 'g', 'o');
      await press('?');
      expect(await page.locator('dialog[open]').count()).toBe(0);
      expect(await page.locator('.view[data-view=instances]').count()).toBe(1);
      await page.evaluate("localStorage.removeItem('novita-fleet.single-keys')");
      fleetPage.isClean();
    });

    it('the palette finds instances, views and commands, and gives a command to the instance that is named', async () => {
      const { page } = fleetPage;
      await find('activity', 'Go to Activity');
      await press('Enter');
      await page.locator('.view[data-view=activity]').waitFor();
      await find('lla', /^llama-inference/);
      await isAccessible('dialog');
      await press('Enter');
      await page.locator('.view[data-view=instance]').getByText('llama-inference').first().waitFor();
      await find('stop llama', 'Stop · llama-inference');
      await press('Enter');
      await fleetPage.toast('llama-inference: ').waitFor();
      await fleetPage.goTo('instances');
      await fleetPage.hasStatus('llama-inference', 'Stopped');
      expect(await page.locator('dialog[open]').count()).toBe(0);
      fleetPage.isClean();
    });

    it('a notice is asked for, remembered in this browser, and shown when it happens', async () => {
      const { page } = fleetPage;
      expect(await kept()).toEqual({ asked: 0, shown: [] });
      await find('notify llama', 'Notify me… · llama-inference');
      await press('Enter');
      const dialog = fleetPage.dialog('Notifications about llama-inference');
      await dialog.getByText('becomes ready').waitFor();
      await isAccessible('dialog');
      await dialog.locator('button[type=submit]').click();
      await fleetPage.toast('Notifications about llama-inference are on').waitFor();
      expect((await kept()).asked).toBe(1);

      await find('start llama', 'Start · llama-inference');
      await press('Enter');
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await until('it is shown', async () => (await kept()).shown.length > 0);
      expect((await kept()).shown).toEqual([
        expect.objectContaining({ title: 'llama-inference is ready', body: 'It answers, and can be used.' }),
      ]);
      await page.evaluate("kept.latest.dispatchEvent(new Event('click'))");
      await page.locator('.view[data-view=instance]').waitFor();

      const account = await fleetPage.openAccount();
      await account.getByText('Notifications', { exact: true }).click();
      const list = fleetPage.dialog('Notifications');
      await list.getByText('Turn off').click();
      await list.getByText('There are none.').waitFor();
      await press('Escape');
      fleetPage.isClean();
    });

    it("the browser's own notices are shown, or it is said that this browser shows none", async () => {
      const own = await FleetPage.openSignedOut(ground.browser, api.url, { permissions: ['notifications'] });
      onTestFinished(() => own.close());
      const { page } = own;
      await page.addInitScript(WATCHED_NOTICES);
      await own.signIn();
      const view = await own.goToInstance('llama-inference');
      await view.locator('.view-beside button').last().click();
      await page.locator('[role=menu]').getByText('Notify me…').click();
      const dialog = own.dialog('Notifications about llama-inference');
      await dialog.locator('button[type=submit]').click();
      // A Chromium without any window has none, whatever it is allowed.
      if ((await page.evaluate<string>('Notification.permission')) !== 'granted') {
        await dialog.getByText('This browser does not let this page show notifications.').waitFor();
        expect(await page.evaluate("localStorage.getItem('novita-fleet.notices')")).toBeNull();
        return;
      }
      await own.toast('Notifications about llama-inference are on').waitFor();
      const id = new URL(page.url()).pathname.split('/').at(-1);
      await api.request('POST', `/api/v1/instances/${id}/restart`);
      await until('it is shown', async () => (await page.evaluate<readonly string[]>('shown')).length > 0);
      expect(await page.evaluate('shown')).toEqual(['llama-inference is ready']);
      own.isClean();
    });

    it('nothing is wider than a small phone', async () => {
      const { page } = fleetPage;
      await page.setViewportSize({ width: 360, height: 740 });
      const isWide = 'document.scrollingElement.scrollWidth > innerWidth';
      const beyond = async (): Promise<readonly string[]> =>
        page.locator('dialog[open]').evaluate((dialog) =>
          [...dialog.querySelectorAll('button, input, select, a')]
            .filter((control) => {
              const { left, right, width } = control.getBoundingClientRect();
              return width > 1 && control.checkVisibility() && (left < 0 || right > 360);
            })
            .map((control) => control.outerHTML.slice(0, 120) as string),
        );
      await press('c');
      await page.locator('.gpu-row').first().waitFor();
      await page.locator('.advanced > summary').click();
      expect([await page.evaluate(isWide), await beyond()]).toEqual([false, []]);
      await press('Escape');
      await find('llama', /^llama-inference/);
      expect([await page.evaluate(isWide), await beyond()]).toEqual([false, []]);
      await press('Escape');
      await page.setViewportSize({ width: 1280, height: 720 });
      fleetPage.isClean();
    });
  });
}
