import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.js';
import { violationsOf } from '../support/axe.js';
import type { Fleet } from '../support/fleet.js';
import { FleetPage, KEY_OF } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { SyncClient } from '../support/sync-client.js';
import { until } from '../support/until.js';

/** Enough to open the page. */
const FEW_REQUESTS = 25;
const REFUSED_KEY = { status: 401, reason: 'UNAUTHORIZED', message: 'no such key' };

/** What the page says and does when it is refused something, and when what it asks for cannot be done now. */
export function refusals(ground: PageGround): void {
  describe('the page that is refused', () => {
    let fleet: Fleet;
    let id: string;
    let view: FleetPage;

    beforeAll(async () => {
      ({ fleet } = ground);
      await new SyncClient(fleet.api).becomes('completed');
      ({ id } = await fleet.api.create({ name: 'one', productName: 'RTX 4090', image: 'nginx' }));
      view = await open(fleet.api.url, 'operator');
    });
    afterEach(() => {
      fleet.sandbox.faults.clear();
      // Each test judges its own.
      view.watched.faults.length = 0;
    });
    afterAll(() => view?.close());

    async function open(url: string, role: 'viewer' | 'operator'): Promise<FleetPage> {
      await view?.close();
      const opened = await FleetPage.open(ground.browser, url, { role });
      await opened.hasStatus('one', 'Ready');
      return opened;
    }

    /** Reads everything anew until it is so, which the page does by itself every 30 s. */
    async function readsAnewUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
      const { page } = view;
      await until(what, async () => {
        await page.locator('.mark.freshness').click();
        await page.getByText('Read everything anew').click();
        await page.keyboard.press('Escape');
        return isSo();
      });
    }

    /** Whether this is among what is said above every view. */
    const isSaid = async (words: RegExp): Promise<boolean> =>
      (await view.page.locator('.trouble').filter({ hasText: words }).count()) > 0;

    it('no worker: it says so at a glance and in the dialog of the sync, with the way out, and the sync runs when there is one again', async () => {
      const missed = /No worker is running.*Start a worker/;
      await Promise.all(fleet.workers.splice(0).map((worker) => worker.end('SIGTERM')));
      await readsAnewUntil('the worker is missed', () => isSaid(missed));
      const next = (await view.goTo('overview')).locator('.figure').filter({ hasText: 'Next auto-stop' });
      await next.getByText('Suspended', { exact: true }).waitFor();

      await (await view.goTo('sync')).getByText('Sync now…').click();
      const dialog = view.dialog('Sync with Novita');
      const start = dialog.locator('.dialog-foot button').getByText('Sync now', { exact: true });
      await start.click();
      await dialog
        .getByText('No worker runs that could carry it out. Have a worker started, then try again.')
        .waitFor();
      await fleet.addWorker();
      await until('the worker has made itself known, and its first sync is over', async () => {
        await start.click();
        await start.and(dialog.locator('button:not([aria-busy])')).waitFor();
        return dialog.getByText(/It took [\d.]+ m?s\.$/).isVisible();
      });
      await view.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await readsAnewUntil('no worker is missed any more', async () => !(await isSaid(missed)));
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

    it('a key that Novita refuses: it says so at a glance, with the way out, until Novita takes the key again', async () => {
      /** By the API that serves the page, whose health it shows. */
      const asksNovita = () =>
        fleet.api.request('GET', `/api/v1/instances/${id}`, undefined, { prefer: 'min-fresh=0' });
      const refused = /Novita refuses the key.*NOVITA_API_KEY and start the service again/;
      fleet.sandbox.faults.add({ kind: 'error', ...REFUSED_KEY });
      await asksNovita();
      await readsAnewUntil('the key is refused', () => isSaid(refused));
      await view.marks('health', 'Key refused');
      const { page } = view;
      const light = await violationsOf(page, { within: '.troubles' });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect([...light, ...(await violationsOf(page, { within: '.troubles', onlyColours: true }))]).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });

      fleet.sandbox.faults.clear();
      await asksNovita();
      await readsAnewUntil('the key is taken again', async () => !(await isSaid(refused)));
      view.isClean();
    });

    it('more requests than the key may send: it says for how long to wait', async () => {
      await fleet.addApi({ RATE_LIMIT_PER_MINUTE: String(FEW_REQUESTS) });
      view = await open(fleet.clients.at(-1)?.url ?? '', 'viewer');
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

    it('a key that is taken back while the page is open: it says so and asks for another', async () => {
      const [, second] = fleet.clients as [ApiClient, ApiClient];
      view = await open(second.url, 'operator');
      await fleet.apis.splice(1, 1)[0]?.end('SIGTERM');
      await fleet.addApi({ PORT: new URL(second.url).port, API_KEYS: `root:admin:${KEY_OF.admin}` });
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
  });
}
