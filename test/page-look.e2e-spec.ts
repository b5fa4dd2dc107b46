import type { Browser, BrowserContextOptions, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { violationsOf } from './support/axe.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEYS_OF_ALL_ROLES, type OpenOptions } from './support/fleet-page.js';
import { takeScreenshot } from './support/screenshot.js';
import { fillShowcase, SHOWCASE, showPastHours } from './support/showcase.js';
import { SyncClient } from './support/sync-client.js';

const THEMES = ['light', 'dark'] as const;
const DESKTOP = { width: 1280, height: 760 };
const PHONE = { width: 360, height: 740 };
const LARGEST_SCREENSHOT = 200_000;
/** `npm run screenshots` needs them; a test has no use for them. */
const TAKES_SCREENSHOTS = process.env['SCREENSHOTS'] === 'true';

/** Every view in both themes: axe finds nothing wrong, and the documentation's screenshots can be taken on the way. */
describe('how the page looks', () => {
  let fleet: Fleet;
  let browser: Browser;
  let fleetPage: FleetPage;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({ apis: 1, workers: 1, env: { ...KEYS_OF_ALL_ROLES, ...SHOWCASE }, sandbox: { seed: 4 } }),
      openBrowser(),
    ]);
  });
  afterEach(async () => {
    findings = {};
    await fleetPage.close();
  });
  afterAll(async () => {
    await closePages(browser);
    await fleet?.stop();
  });

  const openSignedOut = async (options: BrowserContextOptions = {}): Promise<FleetPage> => {
    const look = { viewport: DESKTOP, reducedMotion: 'reduce', ...options } as const;
    fleetPage = await FleetPage.openSignedOut(browser, fleet.api.url, look);
    return fleetPage;
  };
  const open = async ({ role = 'operator', ...options }: OpenOptions = {}): Promise<FleetPage> => {
    await openSignedOut(options);
    await showPastHours(fleetPage.page);
    await fleetPage.signIn(role);
    return fleetPage;
  };
  const wear = async (theme: (typeof THEMES)[number]): Promise<void> => {
    await fleetPage.page.emulateMedia({ colorScheme: theme });
    await fleetPage.page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))');
  };
  /** What is wrong, by the view and theme in which it is. */
  let findings: Record<string, readonly string[]> = {};
  /**
   * Themes differ in colours alone, so the rest is looked at once.
   *
   * @param within the part that is new since the last look
   */
  const audit = async (view: string, within?: string): Promise<void> => {
    for (const theme of THEMES) {
      await wear(theme);
      const violations = await violationsOf(fleetPage.page, { within, onlyColours: theme !== 'light' });
      if (violations.length > 0) findings[`${view}, ${theme}`] = violations;
    }
  };
  const screenshot = async (name: string): Promise<void> => {
    for (const theme of TAKES_SCREENSHOTS ? THEMES : []) {
      await wear(theme);
      const size = await takeScreenshot(fleetPage.page, `${name}-${theme}`);
      if (size > LARGEST_SCREENSHOT) findings[`screenshot ${name}, ${theme}`] = [`${size} bytes`];
    }
  };

  it('the sign-in, at first and after a wrong key', async () => {
    const { page } = await openSignedOut();
    await page.goto(fleet.api.url);
    await page.getByLabel('API key').waitFor();
    await audit('sign-in');
    await page.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Enter');
    await fleetPage.warned('This key is not known here').waitFor();
    await audit('sign-in refused');
    expect(findings).toEqual({});
  });

  it.each(['operator', 'viewer'] as const)('a fleet without instances, for the %s', async (role) => {
    const { page } = await open({ role });
    await page.getByText('No instances yet.').waitFor();
    await audit(`empty for the ${role}`);
    expect(findings).toEqual({});
  });

  describe('with instances', () => {
    let atRest: readonly string[] = [];
    beforeAll(async () => {
      atRest = await fillShowcase(fleet);
    });

    it('the overview, the table and all that opens in them', async () => {
      await open({ role: 'admin' });
      const { page } = fleetPage;
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await fleetPage.card('Instances').getByText('16').first().waitFor();
      await audit('main');
      await screenshot('overview');
      // At this width the commands, which stand last, are not pushed out of sight.
      const frame = fleetPage.table.locator('..');
      expect(await frame.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);

      for (const name of [/^Health: /, /^Menu of root/, /^Status: /]) {
        const button = page.getByRole('button', { name });
        await button.click();
        await audit(`open: ${name}`, '.popup-panel:not([hidden])');
        await page.keyboard.press('Escape');
      }
      await fleetPage.openMenu('llama-inference');
      await audit('row menu', '[role=menu]');
      await page.keyboard.press('Escape');

      await fleetPage.row('llama-inference').getByRole('checkbox').check();
      await fleetPage.row('whisper-batch').getByRole('checkbox').check();
      await page.getByRole('heading', { name: 'Instances', level: 2 }).evaluate((title) => title.scrollIntoView());
      await audit('rows selected', '.bulk-bar');
      await screenshot('table');

      await fleetPage.search.fill('nobody-is-called-so');
      await page.getByText('No instance matches.').waitFor();
      await audit('no match');
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('the dialogs about one instance', async () => {
      await open();
      const { page } = fleetPage;
      await fleetPage.command('llama-inference', 'Why?');
      await fleetPage.dialog('llama-inference').getByText('demo for the customer').first().waitFor();
      await audit('why', 'dialog');
      await page.evaluate('scrollTo(0, 0)');
      await screenshot('why');
      await page.keyboard.press('Escape');

      const dialogs = [
        ['llama-inference', 'Keep busy for…', 'Keep llama-inference busy', 'Keep busy'],
        ['whisper-batch', 'Auto-stop settings…', 'Auto-stop of whisper-batch', null],
        ['whisper-batch', 'Delete…', 'Delete whisper-batch?', null],
        ['bert-demo-of-somebody', 'Adopt…', 'Adopt bert-demo-of-somebody?', null],
      ] as const;
      for (const [name, command, title, wrongly] of dialogs) {
        await fleetPage.command(name, command);
        const dialog = fleetPage.dialog(title);
        await dialog.waitFor();
        if (wrongly !== null) await dialog.getByRole('button', { name: wrongly }).click();
        await audit(title, 'dialog');
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('the dialogs about the fleet', async () => {
      await open();
      const { page } = fleetPage;
      await page.getByRole('button', { name: 'Create…' }).click();
      const create = fleetPage.dialog('Create an instance');
      await create.getByRole('radio', { name: /^H100 SXM/ }).check();
      await create.getByLabel('Name', { exact: true }).fill('mixtral-chat');
      await create.getByLabel('Image').fill('vllm/vllm-openai:v0.8.4');
      await screenshot('create');
      await create.getByLabel('Name', { exact: true }).fill('');
      await create.getByText('Advanced').click();
      await create.getByRole('button', { name: 'Create', exact: true }).click();
      await create.getByText('One value needs another look.').waitFor();
      await audit('create, with a fault', 'dialog');
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'Stop all…' }).click();
      const stopAll = fleetPage.dialog('Stop all instances');
      await stopAll.getByText(/instances would be stopped/).waitFor();
      await audit('stop all', 'dialog');
      await screenshot('stop-all');
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'Sync now', exact: true }).click();
      const sync = fleetPage.dialog('Sync with Novita');
      await sync.getByRole('button', { name: 'Show what it would do' }).click();
      await sync.getByRole('heading', { name: 'Result' }).waitFor();
      await audit('sync, tried out', 'dialog');
      await page.keyboard.press('Escape');

      await page.getByRole('checkbox', { name: 'Select all on this page' }).first().check();
      await page.getByRole('button', { name: /^Stop \d+…/ }).click();
      await fleetPage.dialog(/^Stop \d+ instances\?/).waitFor();
      await audit('several', 'dialog');
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: /^Menu of / }).click();
      await page.getByRole('button', { name: 'Metrics' }).click();
      await fleetPage.dialog('Metrics').getByLabel('Part of the name').waitFor();
      await audit('metrics', 'dialog');
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('on a phone', async () => {
      await open({ viewport: PHONE, hasTouch: true });
      const { page } = fleetPage;
      await audit('phone');
      await page.getByRole('heading', { name: 'Instances', level: 2 }).evaluate((title) => title.scrollIntoView());
      await screenshot('phone');
      await fleetPage.command('llama-inference', 'Why?');
      await fleetPage.dialog('llama-inference').getByText('demo for the customer').first().waitFor();
      await audit('phone, why', 'dialog');
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('a listing that is held', async () => {
      await open();
      const hidden = fleet.sandbox.faults.add({ kind: 'vanish', ids: atRest });
      onTestFinished(() => void fleet.sandbox.faults.clear(hidden));
      const sync = new SyncClient(fleet.api);
      await sync.run();
      await fleetPage.page
        .getByText(/^The sync is held since/)
        .first()
        .waitFor();
      await fleetPage.row('eval-clip-0000').getByText("not in Novita's listing").waitFor();
      await audit('held');
      fleet.sandbox.faults.clear(hidden);
      await sync.run();
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('while the API does not answer', async () => {
      await open();
      const { page } = fleetPage;
      await page.route(/\/(api|health)/, (route) => route.abort());
      await page.getByRole('button', { name: 'Refresh', exact: true }).first().click();
      await page
        .getByText(/^The API does not answer; what you see is/)
        .first()
        .waitFor();
      await fleetPage.command('whisper-batch', 'Stop');
      await fleetPage.warned('whisper-batch: ').waitFor();
      await audit('away');
      expect(findings).toEqual({});
      fleetPage.isClean([/net::ERR_FAILED/]);
    });

    it('a sync under way', async () => {
      await open();
      // Longer than it takes to look at it, and less than a call waits; nothing comes after this test that would wait too.
      fleet.sandbox.faults.add({ kind: 'latency', ms: 100_000, operation: 'listInstances' });
      new SyncClient(fleet.api).answered().catch(() => undefined);
      await syncBar().waitFor();
      await fleetPage.page.getByText('Details', { exact: true }).click();
      await fleetPage.page.getByText(/, [5-8] of 9 done/).waitFor();
      await screenshot('sync');
      await audit('sync', 'header');
      expect(await syncBar().isVisible()).toBe(true);
      expect(findings).toEqual({});
      fleetPage.isClean();
    });
  });

  const syncBar = (): Locator => fleetPage.page.getByRole('region', { name: 'Sync' }).getByRole('progressbar');
});
