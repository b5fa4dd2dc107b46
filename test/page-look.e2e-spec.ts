import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { violationsOf } from './support/axe.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES, type PageRole } from './support/fleet-page.js';
import { takeScreenshot } from './support/screenshot.js';
import { fillShowcase, SHOWCASE, showPastHours } from './support/showcase.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

const THEMES = ['light', 'dark'] as const;
const DESKTOP = { width: 1280, height: 720 };
const PHONE = { width: 360, height: 740 };
/** The tests of the money and of the activity look at these with more in them, as those of an instance do on a phone. */
const FULLER_ELSEWHERE: ReadonlySet<string> = new Set(['overview', 'spend', 'orphans']);
const LARGEST_SCREENSHOT = 200_000;
const RUNNING_ANIMATIONS = "document.getAnimations().filter(({ playState }) => playState === 'running').length";
/** What the console says of the wrong key: the table is read while the page asks whose the key is. */
const REFUSED = /status of 401 \(Unauthorized\) \/api\/v1\/(me|instances|instances\/summary)$/;
/** `npm run screenshots` needs them; a test has no use for them. */
const TAKES_SCREENSHOTS = process.env['SCREENSHOTS'] === 'true';

const PODS = { Pending: 1, Running: 10, Succeeded: 1, Failed: 0, Unknown: 0 };
const CLUSTER = {
  kinds: [
    { kind: 'Node', count: 2, asOf: '2026-03-01T10:00:00.000Z', stale: false },
    { kind: 'Pod', count: 12, asOf: '2026-03-01T10:00:00.000Z', stale: true, error: 'connection refused' },
    { kind: 'ConfigMap', count: null, stale: false, error: 'configmaps is forbidden for this account' },
  ],
  pods: { total: 12, unscheduled: 1, byPhase: PODS },
  nodes: [
    { name: 'gpu-1', ready: true, pods: 11, byPhase: { ...PODS, Pending: 0 }, requestedGpus: 10, allocatableGpus: 16 },
    {
      name: 'a-node-with-a-long-name.of.a.cluster.elsewhere.example.com',
      ready: null,
      pods: 0,
      byPhase: { ...PODS, Pending: 0, Running: 0, Succeeded: 0 },
      requestedGpus: 0,
      allocatableGpus: null,
    },
  ],
  totalNodes: 2,
  gpus: { requested: 12, unscheduled: 2, allocatable: 16, rented: 8 },
};

/**
 * Every view in both themes: axe finds nothing wrong, and the documentation's screenshots can be taken on the way. One page for
 * all, and few loads of it: axe is sent to each anew, and is slow until the browser has compiled it.
 */
describe('how the page looks', () => {
  let fleet: Fleet;
  let browser: Browser;
  let fleetPage: FleetPage;
  let page: Page;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({ apis: 1, workers: 1, env: { ...KEYS_OF_ALL_ROLES, ...SHOWCASE }, sandbox: { seed: 4 } }),
      openBrowser(),
    ]);
    fleetPage = await FleetPage.openSignedOut(browser, fleet.api.url, { viewport: DESKTOP });
    ({ page } = fleetPage);
    await page.goto(fleet.api.url);
  });
  afterEach(() => {
    // Each test judges its own.
    findings = {};
    fleetPage.watched.faults.length = 0;
  });
  afterAll(async () => {
    await fleetPage?.close();
    await closePages(browser);
    await fleet?.stop();
  });

  let worn: (typeof THEMES)[number] = 'light';
  const wear = async (theme: (typeof THEMES)[number]): Promise<void> => {
    worn = theme;
    await page.emulateMedia({ colorScheme: theme });
    await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))');
  };
  /** What is wrong, by the view and theme in which it is. */
  let findings: Record<string, readonly string[]> = {};
  /**
   * Themes differ in colours alone, so the rest is looked at in the one that is worn, and then the colours of the other.
   *
   * @param within the parts that are new since the last look
   */
  const audit = async (view: string, ...within: readonly string[]): Promise<void> => {
    const present = worn;
    for (const theme of [present, present === 'light' ? 'dark' : 'light'] as const) {
      if (theme !== present) await wear(theme);
      const violations = await violationsOf(page, { within, onlyColours: theme !== present });
      if (violations.length > 0) findings[`${view}, ${theme}`] = violations;
    }
  };
  const screenshot = async (name: string): Promise<void> => {
    for (const theme of TAKES_SCREENSHOTS ? THEMES : []) {
      await wear(theme);
      const size = await takeScreenshot(page, `${name}-${theme}`);
      if (size > LARGEST_SCREENSHOT) findings[`screenshot ${name}, ${theme}`] = [`${size} bytes`];
    }
  };

  const enter = async (key: string): Promise<void> => {
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
  };
  const signIn = async (role: PageRole): Promise<void> => {
    await enter(KEY_OF[role]);
    await fleetPage.isThere();
  };
  const signOut = async (): Promise<void> => {
    // Nobody is signed in yet when a test runs by itself.
    if (await page.locator('.mark.account').isVisible())
      await (await fleetPage.openAccount()).getByText('Sign out').click();
    await page.getByLabel('API key').waitFor();
  };

  it('the sign-in, and a fleet without instances for the operator', async () => {
    await page.getByLabel('API key').waitFor();
    await audit('sign-in');
    await signIn('operator');
    await page.getByText('No instances yet.').waitFor();
    await audit('empty for the operator');
    expect(findings).toEqual({});
    fleetPage.isClean();
  });

  it('the sign-in after a wrong key, and a fleet without instances for the viewer', async () => {
    await signOut();
    await enter('wrong');
    await fleetPage.warned('This key is not known here').waitFor();
    await audit('sign-in refused');
    await signIn('viewer');
    await page.getByText('No instances yet.').waitFor();
    await audit('empty for the viewer');
    expect(findings).toEqual({});
    fleetPage.isClean([REFUSED]);
  });

  describe('with instances', () => {
    let atRest: readonly string[] = [];
    beforeAll(async () => {
      await signOut();
      atRest = await fillShowcase(fleet);
      await showPastHours(page);
      await signIn('admin');
    });

    /** Goes to the table, of which only this much is shown: axe goes through all of a page, whatever part it is to judge. */
    const narrow = async (to: string): Promise<void> => {
      // A screenshot shows the whole fleet behind what is open.
      const search = TAKES_SCREENSHOTS ? '' : to;
      await fleetPage.goTo('instances');
      await fleetPage.search.fill(search);
      await until('only these are shown', async () => {
        const names = await fleetPage.rows.locator('.instance-link').allTextContents();
        return names.length > 0 && names.every((name) => name.includes(search));
      });
    };

    it('less motion means none, also while something is under way', async () => {
      await fleetPage.hasStatus('qwen-finetune', 'Starting');
      const icon = fleetPage.row('qwen-finetune').locator('.status .icon[data-icon=progress]');
      const isMoving = (): Promise<boolean> =>
        icon.evaluate((element) =>
          element
            .getAnimations()
            .some((animation: { readonly playState: string }) => animation.playState === 'running'),
        );
      expect(await isMoving()).toBe(false);
      expect(await page.evaluate(RUNNING_ANIMATIONS)).toBe(0);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      expect(await isMoving()).toBe(true);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      fleetPage.isClean();
    });

    it('the instances and all that opens in them', async () => {
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await fleetPage.figure('running').getByText(/^\d+$/).waitFor();
      await audit('instances');
      await screenshot('instances');
      // At this width the commands, which stand last, are not pushed out of sight, and ten rows are on the screen.
      const frame = page.locator('.table-frame');
      expect(await frame.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
      expect(await rowsInView()).toBeGreaterThanOrEqual(10);

      await fleetPage.row('llama-inference').locator('input').check();
      await fleetPage.row('whisper-batch').locator('input').check();
      await audit('rows selected', '.bulk-bar', 'tr[data-chosen]');
      await screenshot('selected');
      await fleetPage.bulkBar.getByText('Stop…', { exact: true }).click();
      await fleetPage.dialog('Stop').getByText('Stop 2 instances').waitFor();
      await audit('several', 'dialog');
      await screenshot('several');
      await page.keyboard.press('Escape');
      await fleetPage.bulkBar.getByText('Clear', { exact: true }).click();

      await narrow('llama-inference');
      for (const name of ['.mark.health', '.mark.freshness', '.mark.account', '.filter-button', '.columns-button']) {
        await page.locator(name).first().click();
        await audit(`open: ${name}`, '.popup-panel:not([hidden])');
        await page.keyboard.press('Escape');
      }
      await fleetPage.openMenu('llama-inference');
      await audit('row menu', '[role=menu]');
      await page.keyboard.press('Escape');

      await fleetPage.search.fill('nobody-is-called-so');
      await page.getByText('No instance matches.').waitFor();
      await audit('no match', '.view');
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('the other views', async () => {
      await narrow('llama-inference');
      const view = await fleetPage.goToInstance('llama-inference');
      await view.getByText('demo for the customer').first().waitFor();
      await audit('instance', 'main');
      await screenshot('instance');
      for (const name of ['overview', 'activity', 'spend', 'sync', 'orphans'] as const) {
        await fleetPage.goTo(name);
        const bars = page.locator('.view .skeleton:visible');
        await until('all of it is read', async () => (await bars.count()) === 0);
        if (!FULLER_ELSEWHERE.has(name)) await audit(name, 'main');
        await screenshot(name);
      }
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('the dialogs about one instance', async () => {
      const dialogs = [
        ['llama-inference', 'Keep busy for…', 'Keep llama-inference busy', 'Keep busy'],
        ['whisper-batch', 'Auto-stop settings…', 'Auto-stop of whisper-batch', null],
        ['whisper-batch', 'Delete…', 'Delete whisper-batch?', null],
        ['bert-demo-of-somebody', 'Adopt…', 'Adopt bert-demo-of-somebody?', null],
      ] as const;
      for (const [name, command, title, wrongly] of dialogs) {
        await narrow(name);
        await fleetPage.command(name, command);
        const dialog = fleetPage.dialog(title);
        await dialog.waitFor();
        if (wrongly !== null) await dialog.locator('button[type=submit]').click();
        await audit(title, 'dialog');
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('the dialogs about the fleet', async () => {
      await narrow('llama-inference');
      await page.locator('.toolbar-commands .primary').click();
      const create = fleetPage.dialog('Create an instance');
      await create
        .locator('.gpu-row')
        .filter({ hasText: /^H100 SXM/ })
        .locator('input')
        .check();
      await create.getByLabel('Name', { exact: true }).fill('mixtral-chat');
      await create.getByLabel('Image').fill('vllm/vllm-openai:v0.8.4');
      await screenshot('create');
      await create.getByLabel('Name', { exact: true }).fill('');
      await create.getByText('Advanced').click();
      await create.locator('button[type=submit]').click();
      await create.getByText('One value needs another look.').waitFor();
      await audit('create, with a fault', 'dialog');
      await page.keyboard.press('Escape');

      await fleetPage.fleetCommand('Stop all…');
      await fleetPage
        .dialog('Stop all instances')
        .getByText(/instances would be stopped/)
        .waitFor();
      await audit('stop all', 'dialog');
      await screenshot('stop-all');
      await page.keyboard.press('Escape');

      await fleetPage.fleetCommand('Sync now');
      const sync = fleetPage.dialog('Sync with Novita');
      await sync.getByText('Show what it would do').click();
      await sync.getByText('Result', { exact: true }).waitFor();
      await audit('sync, tried out', 'dialog');
      await page.keyboard.press('Escape');

      await (await fleetPage.openAccount()).getByText('Metrics').click();
      await fleetPage.dialog('Metrics').getByLabel('Part of the name').waitFor();
      await audit('metrics', 'dialog');
      await page.keyboard.press('Escape');
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('on a phone', async () => {
      await narrow('');
      await page.setViewportSize(PHONE);
      for (const [name, words] of [
        ['llama-inference', 'Ready'],
        ['qwen-finetune', 'Starting'],
      ] as const)
        await fleetPage.hasStatus(name, words);
      await audit('phone');
      await screenshot('phone');
      expect(await rowsInView()).toBeGreaterThanOrEqual(4);
      await page.setViewportSize(DESKTOP);
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('a listing that is held', async () => {
      await narrow('eval-clip-0000');
      const hidden = fleet.sandbox.faults.add({ kind: 'vanish', ids: atRest });
      onTestFinished(() => void fleet.sandbox.faults.clear(hidden));
      const sync = new SyncClient(fleet.api);
      await sync.run();
      await page
        .locator('.trouble')
        .getByText(/^The sync is held since/)
        .waitFor();
      await fleetPage.row('eval-clip-0000').getByText("not in Novita's listing").waitFor();
      await audit('held', '.troubles', '.view');
      fleet.sandbox.faults.clear(hidden);
      await sync.run();
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('a sync under way', async () => {
      await fleetPage.goTo('sync');
      // Longer than it takes to look at it, and less than a call waits; what comes after this test waits for no sync.
      fleet.sandbox.faults.add({ kind: 'latency', ms: 100_000, operation: 'listInstances' });
      new SyncClient(fleet.api).answered().catch(() => undefined);
      await page.getByText(/, [5-8] of 9 done/).waitFor();
      await page.locator('.top-progress').waitFor();
      await screenshot('sync-running');
      await audit('sync under way', '.top-bar', '.top-progress', 'main');
      expect(await page.locator('.top-progress').isVisible()).toBe(true);
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('a cluster, as one that is mirrored is answered', async () => {
      await page.route('**/api/v1/me', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), kubernetes: true } });
      });
      await page.route('**/api/v1/kubernetes', (route) => route.fulfill({ json: CLUSTER }));
      expect(await page.locator('.nav-link[data-view=cluster]').count()).toBe(0);
      await page.reload();
      const view = await fleetPage.goTo('cluster');
      await view.getByText('Pods ask for 4 GPUs more than the 8 that are rented.').waitFor();
      expect(await view.locator('tr[data-node=gpu-1] td').allInnerTexts()).toEqual([
        'gpu-1',
        'Ready',
        expect.stringMatching(/^11\s+10 running, 1 done$/),
        '10 of 16',
      ]);
      await audit('cluster', 'main', '.nav');
      await page.setViewportSize(PHONE);
      await audit('cluster on a phone', 'main', '.nav');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
      await page.setViewportSize(DESKTOP);
      expect(findings).toEqual({});
      fleetPage.isClean();
    });

    it('while the API does not answer', async () => {
      await narrow('llama-inference');
      await page.route(/\/(api|health)/, (route) => route.abort());
      await page.locator('.mark.freshness').click();
      await page.getByText('Read everything anew').click();
      await page
        .locator('.trouble')
        .getByText(/^The API does not answer; what you see is/)
        .waitFor();
      await page.keyboard.press('Escape');
      await fleetPage.command('llama-inference', 'Stop');
      await fleetPage.warned('llama-inference: ').waitFor();
      await audit('away', '.troubles', '.toasts', '.top-bar');
      expect(findings).toEqual({});
      fleetPage.isClean([/net::ERR_FAILED/]);
    });
  });

  /** How many rows can be seen without scrolling. */
  const rowsInView = (): Promise<number> =>
    fleetPage.rows.evaluateAll((rows) => {
      const foot = rows[0]?.ownerDocument.querySelector('.table-foot')?.getBoundingClientRect().top ?? 0;
      const nav = rows[0]?.ownerDocument.querySelector('.nav')?.getBoundingClientRect().top ?? 0;
      const { innerHeight } = rows[0]?.ownerDocument.defaultView ?? { innerHeight: 0 };
      const end = Math.min(innerHeight, nav > 100 ? nav : innerHeight, foot > 0 ? foot : innerHeight);
      return rows.filter((row) => row.getBoundingClientRect().bottom <= end).length;
    });
});
