import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

const FEW_REQUESTS = 25;

/** What the page says and does when it is refused something, and when what it asks for cannot be done now. */
describe('the page that is refused', () => {
  let fleet: Fleet;
  let browser: Browser;
  let view: FleetPage;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({
        apis: 1,
        workers: 1,
        env: {
          ...KEYS_OF_ALL_ROLES,
          NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
          SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
        },
        sandbox: { instances: 3 },
      }),
      openBrowser(),
    ]);
    await new SyncClient(fleet.api).becomes('completed');
    await fleet.api.create({ name: 'one', productName: 'RTX 4090', image: 'nginx' });
    await open('operator');
  });
  afterAll(async () => {
    await closePages(browser);
    await fleet?.stop();
  });
  afterEach(async () => {
    fleet.sandbox.faults.clear();
    // Each test judges its own.
    view.watched.faults.length = 0;
  });

  async function open(role: 'viewer' | 'operator'): Promise<void> {
    view = await FleetPage.open(browser, fleet.api.url, { role });
    await view.hasStatus('one', 'Ready');
  }

  /** Another process at the address that the page is at; the tests that need one come last. */
  async function serveAnew(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { port } = new URL(fleet.api.url);
    await Promise.all(fleet.apis.splice(0).map((api) => api.end('SIGTERM')));
    await fleet.addApi({ ...env, PORT: port });
  }

  it('no worker: it says so in the dialog of the sync, and the sync runs when there is one again', async () => {
    await Promise.all(fleet.workers.splice(0).map((worker) => worker.end('SIGTERM')));
    await (await view.goTo('sync')).getByText('Sync now…').click();
    const dialog = view.dialog('Sync with Novita');
    const start = dialog.locator('.dialog-foot button').getByText('Sync now', { exact: true });
    await start.click();
    await dialog.getByText('No worker runs that could carry it out. Have a worker started, then try again.').waitFor();
    await fleet.addWorker();
    await until('the worker has made itself known, and its first sync is over', async () => {
      await start.click();
      await start.and(dialog.locator('button:not([aria-busy])')).waitFor();
      return dialog.getByText(/It took [\d.]+ m?s\.$/).isVisible();
    });
    await view.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    view.isClean([/ 503 .* \/api\/v1\/instances\/sync$/, / 409 .* \/api\/v1\/instances\/sync$/]);
  });

  it('Novita away: the mark of its health says so, a command is kept, and is carried out when Novita is back', async () => {
    const sync = new SyncClient(fleet.api);
    fleet.sandbox.faults.add({ kind: 'error', status: 500, reason: 'UNKNOWN', message: 'no' });
    expect((await sync.answered()).status).toBe(502);
    await view.marks('health', 'Novita fails');
    await (await view.goTo('sync')).getByText(/^Sync failed /).waitFor();
    await view.goTo('instances');
    await view.command('one', 'Stop');
    await view.toast(/^one: /).waitFor();
    await view.hasStatus('one', 'Stopping');

    fleet.sandbox.faults.clear();
    await view.hasStatus('one', 'Stopped');
    await until('a sync is carried through', async () => (await sync.answered()).status === 200);
    await view.marks('health', 'All well');
    await (await view.goTo('sync')).getByText(/^Synced /).waitFor();
    await view.goTo('instances');
    await view.command('one', 'Start');
    await view.hasStatus('one', 'Ready');
    view.isClean();
  });

  it('a key that is taken back while the page is open: it says so and asks for another', async () => {
    await serveAnew({ API_KEYS: `root:admin:${KEY_OF.admin}` });
    const key = view.page.locator('#key');
    await key.waitFor();
    await view.warned('The key is not known here any more.').waitFor();
    await key.fill(KEY_OF.admin);
    await key.press('Enter');
    await view.hasStatus('one', 'Ready');
    expect(await view.warnsOfNothing()).toBe(true);
    // What was on its way together when the first 401 came; nothing is asked with that key afterwards.
    view.isClean([/net::ERR_/, / 503 .* \/health$/, / 401 .* \/api\/v1\/(events|dashboard|instances(\/summary)?)$/]);
  });

  it('more requests than the key may send: it says for how long to wait', async () => {
    await view.close();
    await serveAnew({ RATE_LIMIT_PER_MINUTE: String(FEW_REQUESTS) });
    await open('viewer');
    const rejection = view.warned(/The instances could not be read\. .+ Try again after \d+ s\./);
    await view.page.locator('.mark.freshness').click();
    const again = view.page.getByText('Read everything anew');
    await until('the budget is used up', async () => {
      await again.click();
      return rejection.isVisible();
    });
    await view.marks('freshness', /^as of \d+ s ago$/);
    await view.hasStatus('one', 'Ready');
    await view.page.reload();
    await view.warned(/ Try again after \d+ s\./).waitFor();
    await view.page.locator('#key').waitFor();
    view.isClean([/ 429 /]);
  });
});
