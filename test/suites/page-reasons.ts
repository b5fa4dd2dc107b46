import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from '../support/api-client.js';
import { AutoStopClient } from '../support/auto-stop-client.js';
import { FleetPage } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

const STALE = /status of 412 \(Precondition Failed\) \/api\/v1\/instances\/ins_\w+$/;

/** Why an instance is kept or stopped, and what is said about it from the page. */
export function reasons(ground: PageGround): void {
  describe('reasons on the page', () => {
    let api: ApiClient;
    let autoStop: AutoStopClient;
    let fleetPage: FleetPage;
    let instance: InstanceView;

    beforeAll(async () => {
      await ground.clear();
      ({ api } = ground.fleet);
      autoStop = new AutoStopClient(api);
      const { id } = await api.create({ name: 'flux-notebook', productName: 'RTX 4090', image: 'nginx:latest' });
      instance = await until('it is ready', async () => {
        const present = await api.get(id);
        return present.status === 'ready' && present;
      });
      fleetPage = await FleetPage.open(ground.browser, api.url);
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
      const { lease } = (await api.get(instance.id))['autoStop'] as { lease: { reason: string; until: string } };
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
      expect((await api.get(instance.id))['autoStop']).toMatchObject({ thresholdMinutes: 45 });
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
      await api.request('POST', `/api/v1/instances/${instance.id}/stop`);
      await entries.getByText('It stopped', { exact: true }).waitFor();
      await why.getByText(/^Stopped: by key ops/).waitFor();

      // The tab was a choice of its own.
      await page.goBack();
      await page.goBack();
      await fleetPage.hasStatus('flux-notebook', 'Stopped');
      fleetPage.isClean([STALE]);
    });
  });
}
