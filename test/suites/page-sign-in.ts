import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FleetPage, KEY_OF, type PageRole } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

const SECRET = 'hf_only-for-operators';
/** The table is read while the page asks whose the key is. */
const REFUSED = /status of 401 \(Unauthorized\) \/api\/v1\/(me|instances|instances\/summary)(\?\S*)?$/;
const COMMANDS = /^(start|stop|restart|delete|adopt|create|sync|keep|auto-stop|pause|resume|end)\b/i;

/** Who gets in, what stays of the key, and what each role sees: in one browser, which goes from one test to the next. */
export function signingIn(ground: PageGround): void {
  describe('signing in to the page', () => {
    let fleetPage: FleetPage;
    let page: Page;
    let url: string;

    beforeAll(async () => {
      await ground.clear();
      const { api } = ground.fleet;
      ({ url } = api);
      const { id } = await api.create({
        name: 'llama-inference',
        productName: 'RTX 4090',
        image: 'vllm/vllm-openai:v0.8.4',
        ports: ['8000/http', '22/tcp'],
        envs: [{ key: 'HF_TOKEN', value: SECRET }],
      });
      await until('it is ready', async () => (await api.get(id)).status === 'ready');
      fleetPage = await FleetPage.openSignedOut(ground.browser, url, {
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      ({ page } = fleetPage);
    });

    afterEach(() => {
      // Each test judges its own.
      fleetPage.watched.faults.length = 0;
    });

    /** A visit that begins without a key: a tab keeps it, and an address that differs behind its # alone is no load. */
    const arrive = async (address = ''): Promise<void> => {
      if (page.url() !== 'about:blank') await page.evaluate('sessionStorage.clear()');
      await page.goto('about:blank');
      await page.goto(`${url}/${address}`);
    };
    /** By a link that is followed in the open page. */
    const follow = async (role: PageRole, name: string): Promise<void> => {
      await page.evaluate(`location.hash = ${JSON.stringify(`key=${KEY_OF[role]}`)}`);
      await page.locator('.mark.account').getByText(name).waitFor();
    };
    /** The address has nothing but the path. */
    const isAtHome = (): Promise<true> => until('the address is bare', async () => page.url() === `${url}/`);
    /** By what they are called: their text, or what stands for it. */
    const buttons = (): Promise<readonly string[]> =>
      page
        .locator('button, [role=button]')
        .evaluateAll((all) =>
          all
            .filter((button) => button.checkVisibility())
            .map((button) => String(button.getAttribute('aria-label') ?? button.textContent).trim()),
        );
    const commands = async (): Promise<readonly string[]> => (await buttons()).filter((name) => COMMANDS.test(name));

    it('by typing a key: one that is not known is refused in words, and the field is ready for the next', async () => {
      await arrive();
      const field = page.getByLabel('API key');
      await field.press('Enter');
      await fleetPage.warned('Enter a key.').waitFor();

      await field.fill('no-such-key-at-all-0123456789');
      await field.press('Enter');
      await fleetPage.warned('This key is not known here. Check that it was copied whole.').waitFor();
      await field.and(page.locator(':focus')).waitFor();
      expect(await field.isEnabled()).toBe(true);

      await field.fill(` ${KEY_OF.viewer} `);
      await page.locator('button[type=submit]').click();
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await (await fleetPage.openAccount()).getByText('Signed in as eyes, who may look').waitFor();
      fleetPage.isClean([REFUSED]);
    });

    it('by a link with a wrong key asks for another, and does not keep it', async () => {
      await arrive('#key=wrong-key-wrong-key-wrong');
      await fleetPage.warned('This key is not known here.').waitFor();
      expect(await isAtHome()).toBe(true);
      expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('wrong-key');
      // What was on its way with that key is not answered in the next test.
      await page.goto('about:blank');
      fleetPage.isClean([REFUSED]);
    });

    it('by a link: nothing of the key stays in the address, the history or the browser; the tab keeps it', async () => {
      await arrive(`#key=${KEY_OF.operator}`);
      await fleetPage.isThere();
      expect(await isAtHome()).toBe(true);
      const devtools = await page.context().newCDPSession(page);
      const { entries } = await devtools.send('Page.getNavigationHistory');
      expect(entries.map(({ url: visited }) => visited).filter((visited) => visited.includes('key'))).toEqual([]);
      expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(KEY_OF.operator);
      expect(await page.context().cookies()).toEqual([]);

      await page.reload();
      await fleetPage.hasStatus('llama-inference', 'Ready');
      expect(await isAtHome()).toBe(true);

      const other = await page.context().newPage();
      await other.goto(url);
      await other.getByLabel('API key').waitFor();
      await other.close();
      fleetPage.isClean();
    });

    it('by a link that is followed in the open page, which takes its key out of the address', async () => {
      await follow('viewer', 'eyes');
      expect(await isAtHome()).toBe(true);
      await page.goBack();
      await page.locator('.mark.account').getByText('eyes').waitFor();
      expect(await isAtHome()).toBe(true);
      fleetPage.isClean();
    });

    it('as a viewer: everything is shown but commands and secrets', async () => {
      await fleetPage.hasStatus('llama-inference', 'Ready');
      expect(await buttons()).toContain('More for llama-inference');
      expect(await commands()).toEqual([]);
      const menu = await fleetPage.openMenu('llama-inference');
      expect(await menu.locator('[role=menuitem]').allTextContents()).toEqual(['Why?']);
      await page.keyboard.press('Escape');
      expect(await fleetPage.table.locator('input').count()).toBe(0);

      const panel = await fleetPage.goToInstance('llama-inference');
      await panel.getByText('HF_TOKEN', { exact: true }).waitFor();
      await panel.locator('#tab-connect').click();
      await panel.getByText('SSH', { exact: true }).waitFor();
      await panel.getByText(/^Passwords .* are shown to keys that may command/).waitFor();
      expect(await panel.locator('button[title$=password]').count()).toBe(0);
      expect(await commands()).toEqual([]);
      expect(await page.content()).not.toContain(SECRET);
      fleetPage.isClean();
    });

    it('is over with signing out, also for whoever goes back', async () => {
      await (await fleetPage.openAccount()).getByText('Sign out').click();
      await page.getByLabel('API key').waitFor();
      expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('key-for');
      await page.goto(`${url}/errors`);
      await page.goBack();
      await page.getByLabel('API key').waitFor();
      fleetPage.isClean();
    });

    it('as an operator: the same view has the values, and passwords only for copying', async () => {
      await arrive(`#key=${KEY_OF.operator}`);
      await fleetPage.isThere();
      const panel = await fleetPage.goToInstance('llama-inference');
      await panel.getByText(`HF_TOKEN=${SECRET}`).waitFor();
      // What a viewer is shown none of.
      expect(await commands()).not.toEqual([]);
      await panel.locator('#tab-connect').click();
      await panel.locator('button[title="Copy SSH password"]').click();
      await panel.locator('button[title="Copy SSH password"]').getByText('Copied').waitFor();
      const password = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(password.length).toBeGreaterThan(4);
      expect(await page.content()).not.toContain(password);
      fleetPage.isClean();
    });

    it('as an admin: the queues open in a tab of their own, which others are not offered', async () => {
      const offered = await fleetPage.openAccount();
      await offered.getByText('Metrics').waitFor();
      expect(await offered.getByText('Queues').count()).toBe(0);
      await page.keyboard.press('Escape');

      await follow('admin', 'root');
      const queues = page.context().waitForEvent('page');
      await (await fleetPage.openAccount()).getByText('Queues').click();
      const board = await queues;
      await board.locator('a[href*="/queue/lifecycle"]').first().waitFor();
      expect(new URL(board.url()).pathname).toMatch(/^\/admin\/queues/);
      expect(await board.evaluate('sessionStorage.length')).toBe(0);
      expect(await board.evaluate('opener')).toBeNull();
      await board.close();

      await page.bringToFront();
      await (await fleetPage.openAccount()).getByText('Metrics').click();
      const metrics = fleetPage.dialog('Metrics');
      await metrics.getByLabel('Part of the name').fill('novita_fleet_instances');
      await metrics.getByRole('region', { name: 'Metrics' }).getByText('novita_fleet_instances').waitFor();
      fleetPage.isClean();
    });
  });
}
