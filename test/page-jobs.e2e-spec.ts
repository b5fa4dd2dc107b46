import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutoStopClient } from './support/auto-stop-client.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, inTheAfternoon, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { documentedClicks, documentJobs, type JobCosts, JobCounter, tabTo } from './support/job-counter.js';
import { DEAREST_IDLE, fillMixed, MIXED } from './support/mixed-fleet.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

const TWENTY = 20;
/** All that run are stopped by one of the jobs, which is most of what this costs. */
const SEEDED = 10;
const REFUSED_KEY = { status: 401, reason: 'UNAUTHORIZED', message: 'no such key' };
/** `npm run jobs` writes the table of docs/page.md; otherwise what it says is compared. */
const IS_WRITTEN = process.env['JOBS'] === 'write';

type Way = 'mouse' | 'keyboard';

/** The jobs that people come for, from the list of instances on, each by mouse and by keyboard alone. */
describe('the jobs of a user', () => {
  let fleet: Fleet;
  let browser: Browser;
  let view: FleetPage;
  let page: Page;
  let counter: JobCounter;
  let autoStop: AutoStopClient;
  const results: JobCosts[] = [];

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({ apis: 1, workers: 1, env: { ...KEYS_OF_ALL_ROLES, ...MIXED }, sandbox: { seed: 7 } }),
      openBrowser(),
    ]);
    await fillMixed(fleet, SEEDED);
    // What goes on for ever cannot be stopped.
    fleet.sandbox.faults.clear();
    autoStop = new AutoStopClient(fleet.api);
    view = await FleetPage.openSignedOut(browser, fleet.api.url, {
      reducedMotion: 'reduce',
      timezoneId: inTheAfternoon(),
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = view.page;
    counter = await JobCounter.in(page);
    await view.signIn();
  });
  afterAll(async () => {
    await closePages(browser);
    await fleet?.stop();
  });

  /** Does a job both ways, each from the list as it opens. */
  async function measure(
    job: string,
    work: (way: Way) => Promise<void>,
    prepare: (way: Way) => Promise<void> = async () => undefined,
  ): Promise<JobCosts> {
    const inWay = async (way: Way) => {
      await prepare(way);
      // What a person finds who opens it: the table of the document shows that. A load anew takes the browser a second.
      if (IS_WRITTEN) await page.goto(`${fleet.api.url}/`);
      else await view.goTo('instances');
      await view.isThere();
      return counter.during(() => work(way));
    };
    const mouse = await inWay('mouse');
    const keyboard = await inWay('keyboard');
    const costs = { job, mouse, keyboard };
    results.push(costs);
    return costs;
  }

  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Presses a button, in either way. */
  const use = async (way: Way, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> => {
    if (way === 'mouse') return target.click();
    await tabTo(page, target);
    await press(key);
  };
  const goTo = async (way: Way, name: 'spend' | 'orphans', key: string): Promise<void> => {
    if (way === 'keyboard') await press('g', key);
    else await page.locator(`.nav-link[data-view=${name}]`).click();
    await page.locator(`.view[data-view=${name}]`).waitFor();
  };
  /** By the link of its row, or by the palette. */
  const goToInstance = async (way: Way, name: string): Promise<void> => {
    if (way === 'mouse') await view.row(name).locator('.instance-link').click();
    else {
      await press('Control+k');
      await page.locator('.palette-input').waitFor();
      await page.keyboard.type(name);
      await page.locator('.palette-option[aria-selected=true]').filter({ hasText: name }).waitFor();
      await press('Enter');
    }
    await page.locator('.view[data-view=instance] h1').getByText(name, { exact: true }).waitFor();
  };
  const moneyRow = (name: string): Locator =>
    page.locator('.money-table tbody tr').filter({ has: page.getByText(name, { exact: true }) });
  const listed = async (search: string): Promise<readonly { readonly id: string; readonly status: string }[]> => {
    const path = `/api/v1/instances?limit=200&${search}`;
    type List = { readonly instances: readonly { readonly id: string; readonly status: string }[] };
    return (await fleet.api.request<List>('GET', path)).body.instances;
  };
  const isReady = async (id: string): Promise<void> => {
    await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');
  };

  it('create one until it is ready, and open it', async () => {
    const { keyboard } = await measure('create one, wait until it is ready, open it', async (way) => {
      const name = `made-by-${way}`;
      if (way === 'keyboard') await press('c');
      else await page.locator('.toolbar-commands .primary').click();
      const dialog = view.dialog('Create an instance');
      const gpu = dialog.locator('.gpu-row input:enabled').first();
      await gpu.waitFor();
      const type = async (field: Locator, text: string): Promise<void> => {
        if (way === 'mouse') await field.click();
        else await tabTo(page, field);
        await page.keyboard.type(text);
      };
      await type(dialog.getByLabel('Name', { exact: true }), name);
      await type(dialog.getByLabel('Image'), 'nginx');
      await use(way, gpu, 'Space');
      await use(way, dialog.locator('button[type=submit]'));
      await dialog.waitFor({ state: 'detached' });
      await view.hasStatus(name, 'Ready');
      await goToInstance(way, name);
    });
    expect(keyboard.clicks).toBe(0);
  });

  it('find the three dearest idle ones and stop them', async () => {
    const start = async (): Promise<void> => {
      for (const name of DEAREST_IDLE) {
        const [instance] = await listed(`name=${name}`);
        if (instance === undefined) throw new Error(`${name} is not there`);
        await until('it has stopped', async () => (await fleet.api.get(instance.id)).status === 'stopped');
        await fleet.api.request('POST', `/api/v1/instances/${instance.id}/start`);
        await isReady(instance.id);
      }
    };
    const { keyboard } = await measure(
      'find the three dearest idle ones and stop them',
      async (way) => {
        await goTo(way, 'spend', 's');
        for (const name of DEAREST_IDLE) await use(way, moneyRow(name).locator('input'), 'Space');
        await use(way, page.locator('.money-bar button').getByText('Stop…', { exact: true }));
        await use(way, view.dialog('Stop').locator('button').getByText('Stop 3 instances', { exact: true }));
        await view.toast('accepted for 3 of 3').waitFor();
      },
      (way) => (way === 'keyboard' ? start() : Promise.resolve()),
    );
    expect(keyboard.clicks).toBe(0);
  });

  it('see what is billed though stopped', async () => {
    const { keyboard } = await measure('see what is billed though stopped', async (way) => {
      await goTo(way, 'spend', 's');
      await page.locator('[data-section=billed-though-stopped] tbody tr').first().waitFor();
    });
    expect(keyboard.clicks).toBe(0);
  });

  it('keep one busy till tomorrow', async () => {
    const name = 'notebook-4090';
    const { keyboard } = await measure(
      'keep one busy till tomorrow',
      async (way) => {
        await goToInstance(way, name);
        const why = page.locator('.why');
        await use(way, why.locator('button').getByText('Keep busy until …'));
        const dialog = view.dialog(`Keep ${name} busy`);
        const tomorrow = dialog.locator('label').filter({ hasText: 'Until 09:00 tomorrow' }).locator('input');
        const reason = dialog.locator('input[required]');
        if (way === 'mouse') {
          await tomorrow.click();
          await reason.click();
        } else {
          // One stop for all choices; the arrows lead from choice to choice.
          await tabTo(page, dialog.locator('input[type=radio]:checked'));
          await until('it is chosen', async () => {
            if (await tomorrow.isChecked()) return true;
            await press('ArrowDown');
            return tomorrow.isChecked();
          });
          await tabTo(page, reason);
        }
        await page.keyboard.type('training');
        await press('Enter');
        await why.getByText(/^Kept: busy until tomorrow/).waitFor();
      },
      async (way) => {
        const [instance] = await listed(`name=${name}`);
        if (way === 'keyboard') await fleet.api.request('DELETE', `/api/v1/instances/${instance?.id}/lease`);
      },
    );
    expect(keyboard.clicks).toBe(0);
  });

  it('find out why one was stopped last night', async () => {
    const { id } = await fleet.api.create({ name: 'whisper-batch', productName: 'RTX 4090', image: 'nginx' });
    await isReady(id);
    await autoStop.set(id, { thresholdMinutes: 0.01 });
    await until('it is due', async () => (await autoStop.idle(id)).verdict === 'stop');
    await autoStop.trigger();
    await until('it is stopped', async () => (await fleet.api.get(id)).status === 'stopped');
    const { keyboard } = await measure('find out why one was stopped last night', async (way) => {
      await goToInstance(way, 'whisper-batch');
      await page
        .locator('.why')
        .getByText(/^Stopped: by auto-stop .*: not used for /)
        .waitFor();
    });
    expect(keyboard.clicks).toBe(0);
  });

  it('send a colleague the address of one', async () => {
    const { keyboard } = await measure('send a colleague the address of one', async (way) => {
      await goToInstance(way, 'whisper-batch');
      await use(way, page.locator('.view[data-view=instance] button').filter({ hasText: 'Copy link' }));
      await view.toast('The address of this instance is copied').waitFor();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(page.url());
    });
    expect(keyboard.clicks).toBe(0);
  });

  it('stop everything and know what goes on costing', async () => {
    const { keyboard } = await measure(
      'stop everything and know what goes on costing',
      async (way) => {
        await goTo(way, 'spend', 's');
        await use(way, page.locator('.view-head button').getByText('Stop all…', { exact: true }));
        const dialog = view.dialog('Stop all instances');
        await dialog.getByText(/^These costs go on: /).waitFor();
        await use(way, dialog.locator('.check input'), 'Space');
        await use(way, dialog.locator('button.danger'));
        await dialog.waitFor({ state: 'detached' });
      },
      async (way) => {
        if (way === 'mouse') return;
        const { id } = await fleet.api.create({ name: 'one-more', productName: 'RTX 4090', image: 'nginx' });
        await isReady(id);
      },
    );
    expect(keyboard.clicks).toBe(0);
  });

  it('adopt twenty', async () => {
    const { keyboard } = await measure(
      'adopt twenty that were made elsewhere',
      async (way) => {
        await goTo(way, 'orphans', 'r');
        const all = page.locator('[data-command=adopt]:visible').getByText(`Adopt all ${TWENTY}…`);
        await use(way, page.locator('[data-command=adopt]:visible').filter({ has: all }).or(all).first());
        await use(way, view.dialog('Adopt').locator('button').getByText(`Adopt ${TWENTY} instances`, { exact: true }));
        await view.toast(new RegExp(`accepted for ${TWENTY} of ${TWENTY}`)).waitFor();
      },
      async () => {
        const orphans = async (): Promise<number> =>
          (await fleet.api.request<{ readonly total: number }>('GET', '/api/v1/orphans?limit=1')).body.total;
        fleet.sandbox.world.seed(TWENTY - (await orphans()));
        await new SyncClient(fleet.api).run();
        await until('twenty are listed', async () => (await orphans()) === TWENTY);
      },
    );
    expect(keyboard.clicks).toBe(0);
  });

  it('see at a glance what is at fault', async () => {
    const [one] = await listed('status=all');
    const { keyboard } = await measure(
      'see at a glance that Redis, Novita or the key is at fault',
      async () => {
        await view.marks('health', 'Key refused');
      },
      async () => {
        fleet.sandbox.faults.add({ kind: 'error', ...REFUSED_KEY });
        await fleet.api.request('GET', `/api/v1/instances/${one?.id}`, undefined, { prefer: 'min-fresh=0' });
      },
    );
    fleet.sandbox.faults.clear();
    expect(keyboard.clicks).toBe(0);
  });

  it('costs as many clicks as docs/page.md says', async () => {
    expect(results).toHaveLength(9);
    if (IS_WRITTEN) await documentJobs(results);
    const clicks = results.map(({ job, mouse }) => [job, mouse.clicks] as const);
    expect(await documentedClicks()).toEqual(Object.fromEntries(clicks));
    view.isClean();
  });
});
