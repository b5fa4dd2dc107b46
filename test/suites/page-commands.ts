import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { InstanceView } from '../support/api-client.js';
import { createAtConsole } from '../support/console-instance.js';
import type { Fleet } from '../support/fleet.js';
import { FleetPage } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { SyncClient } from '../support/sync-client.js';
import { until } from '../support/until.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const REFUSED_CREATE = /status of 422 \(Unprocessable Entity\) \/api\/v1\/instances$/;
const OURS = { productName: 'RTX 4090', image: 'nginx:latest', ports: ['8080/http'] };

/** What can be done from the page, one after another on one page that is never loaded anew. */
export function commands(ground: PageGround): void {
  describe('commands from the page', () => {
    let fleet: Fleet;
    let fleetPage: FleetPage;

    beforeAll(async () => {
      await ground.clear();
      ({ fleet } = ground);
      fleetPage = await FleetPage.open(ground.browser, fleet.api.url);
      await fleetPage.page.evaluate('globalThis.isTheSamePage = true');
    });
    afterAll(() => fleetPage?.close());

    /** Through another API than the page's. */
    const make = async (...names: readonly string[]): Promise<readonly InstanceView[]> => {
      const made = await Promise.all(names.map((name) => other().create({ name, ...OURS })));
      await Promise.all(names.map((name) => fleetPage.hasStatus(name, 'Ready')));
      return made;
    };
    const other = () => fleet.clients[1] ?? fleet.api;

    it('a create: what is wrong stands beside its field, and what is right comes up to ready', async () => {
      const { page } = fleetPage;
      await page.getByText('No instances yet.').waitFor();
      await page.locator('.toolbar-commands .primary').click();
      const dialog = fleetPage.dialog('Create an instance');
      const create = dialog.locator('button[type=submit]');
      const name = dialog.getByLabel('Name', { exact: true });
      const gpu = dialog
        .locator('.gpu-row')
        .filter({ hasText: /^RTX 4090 24GB/ })
        .locator('input');

      await gpu.waitFor();
      await create.click();
      await dialog.getByText('3 values need another look.').waitFor();
      await fleetPage.isDescribed(name, 'Give it a name.');
      await fleetPage.isDescribed(dialog.getByLabel('Image'), 'Give an image');
      await fleetPage.isDescribed(gpu, 'Choose a GPU.');
      await name.fill('llama inference');
      await dialog.getByText('Use letters, digits and hyphens only.').waitFor();

      await name.fill('llama-inference');
      await dialog.getByLabel('Image').fill('vllm/vllm-openai:v0.8.4');
      await gpu.check();
      await dialog
        .getByText(/\$0\.\d+\/h/)
        .first()
        .waitFor();
      await dialog.getByText('Advanced').click();
      const login = dialog.getByLabel('Registry login');
      await login.fill('no-such-login');
      await create.click();
      await dialog.getByText('One value needs another look.').waitFor();
      await fleetPage.isDescribed(login, 'no-such-login');
      expect(await login.getAttribute('aria-invalid')).toBe('true');

      await login.fill('');
      await create.click();
      await dialog.waitFor({ state: 'detached' });
      await fleetPage.toast('llama-inference: its creation is accepted').waitFor();
      await fleetPage.hasStatus('llama-inference', 'Ready');
      await fleetPage.row('llama-inference').getByText('RTX 4090').waitFor();
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('what another client does appears by itself', async () => {
      const [{ id } = { id: '' }] = await make('made-by-another');
      await other().request('POST', `/api/v1/instances/${id}/stop`);
      await fleetPage.hasStatus('made-by-another', 'Stopped');
      await other().request('DELETE', `/api/v1/instances/${id}`);
      await fleetPage.hasStatus('made-by-another', 'Terminated');
      const menu = await fleetPage.openMenu('made-by-another');
      expect(await menu.locator('[role=menuitem]').allTextContents()).toEqual(['Why?']);
      await fleetPage.page.keyboard.press('Escape');
      expect((await fleet.api.get(id)).status).toBe('terminated');
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('a stop is stopping until Novita agrees, a start and a restart come back to ready', async () => {
      const [{ id } = { id: '' }] = await make('course');
      fleet.sandbox.faults.add({ kind: 'stuck', status: 'stopping' });
      onTestFinished(() => void fleet.sandbox.faults.clear());
      const statuses = await fleetPage.watchStatus('course');
      await fleetPage.command('course', 'Stop');
      await fleetPage.toast('course: ').waitFor();
      await fleetPage.hasStatus('course', 'Stopping');
      await fleetPage.row('course').getByText('waiting for Novita').waitFor();
      expect((await fleet.api.get(id)).status).toBe('stopping');
      expect((await statuses()).filter((words) => words.startsWith('Stopped'))).toEqual([]);
      fleet.sandbox.faults.clear();
      await fleetPage.hasStatus('course', 'Stopped');
      expect([...new Set((await statuses()).map((words) => words.split(' ·')[0]))]).toEqual([
        'Ready',
        'Stopping',
        'Stopped',
      ]);

      await fleetPage.command('course', 'Start');
      await fleetPage.hasStatus('course', 'Ready');
      const restart = await fleetPage.watchStatus('course');
      await fleetPage.command('course', 'Restart');
      // It may be over before it can be looked at: what was shown meanwhile is kept.
      await until('it was restarting, and is ready', async () => {
        const shown = (await restart()).map((words) => words.split(' ·')[0]);
        return shown.includes('Restarting') && shown.at(-1) === 'Ready';
      });
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('a delete asks for the name, and says what is lost', async () => {
      await fleetPage.command('course', 'Delete…');
      const dialog = fleetPage.dialog('Delete course?');
      const confirm = dialog.locator('button[type=submit]');
      await dialog.getByText('This cannot be undone.').waitFor();
      expect(await confirm.isDisabled()).toBe(true);
      await dialog.getByLabel('Type course to confirm').fill('cours');
      expect(await confirm.isDisabled()).toBe(true);
      await dialog.getByLabel('Type course to confirm').fill('course');
      await confirm.click();
      await fleetPage.toast('course: ').waitFor();
      await fleetPage.hasStatus('course', 'Terminated');
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('several at once: each gets the command that fits it, and whom it does not fit is named', async () => {
      const made = await make('batch-a', 'batch-b', 'batch-c');
      await other().request('POST', `/api/v1/instances/${made[0]?.id}/stop`);
      await fleetPage.hasStatus('batch-a', 'Stopped');
      for (const name of ['batch-a', 'batch-b', 'batch-c']) await fleetPage.row(name).locator('input').check();
      const bar = fleetPage.bulkBar;
      await bar.getByText('3 instances selected').waitFor();
      await bar.getByText('Stop…', { exact: true }).click();
      const dialog = fleetPage.dialog('Stop');
      await dialog.getByText('Left out: 1 instance').waitFor();
      await dialog.getByText(/^This ends \$0\.\d+\/h, which is/).waitFor();
      const lines = dialog.locator('.line-name');
      expect((await lines.allTextContents()).toSorted()).toEqual(['batch-b', 'batch-c']);
      await dialog.getByText('Stop 2 instances').click();
      const toast = await fleetPage.toast('Stop: accepted for 2 of 2 instances.').boundingBox();
      const below = await bar.boundingBox();
      // A toast does not cover what can be done next.
      const isAbove = (toast?.y ?? 0) + (toast?.height ?? 0) <= (below?.y ?? 0);
      expect(isAbove || (toast?.y ?? 0) >= (below?.y ?? 0) + (below?.height ?? 0)).toBe(true);
      await fleetPage.hasStatus('batch-b', 'Stopped');
      await fleetPage.hasStatus('batch-c', 'Stopped');
      await bar.getByText('Start…', { exact: true }).click();
      await fleetPage.dialog('Start').getByText('Start 3 instances').click();
      for (const name of ['batch-a', 'batch-b', 'batch-c']) await fleetPage.hasStatus(name, 'Ready');
      await bar.getByText('Clear', { exact: true }).click();
      await bar.waitFor({ state: 'hidden' });
      for (const { id } of made) expect(await fleet.api.get(id)).toMatchObject({ desired: 'running', status: 'ready' });
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('one that was made elsewhere, with markup for a name: it is text wherever it stands, and can be adopted', async () => {
      const { page } = fleetPage;
      const novitaId = await createAtConsole(fleet.sandbox, HOSTILE);
      await until('it runs', async () => fleet.sandbox.world.instance(novitaId)?.status === 'running');
      await new SyncClient(other()).run();
      await fleetPage.row(HOSTILE).getByText('made elsewhere').waitFor();

      await fleetPage.goToInstance(HOSTILE);
      await page.locator('.why').getByText('Not managed here').waitFor();
      expect(await page.title()).toContain(HOSTILE);
      await page.goBack();

      await fleetPage.command(HOSTILE, 'Adopt…');
      await fleetPage.dialog(`Adopt ${HOSTILE}?`).locator('button[type=submit]').click();
      await fleetPage.toast(`${HOSTILE}: `).waitFor();
      await fleetPage.hasStatus(HOSTILE, 'Ready');
      await fleetPage.row(HOSTILE).getByText('made elsewhere').waitFor({ state: 'detached' });
      expect(await page.locator('img').count()).toBe(0);
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('stop all: looks first, shows whom and how many dollars, and asks', async () => {
      const { body } = await fleet.api.request<{ instances: InstanceView[] }>('GET', '/api/v1/instances?status=ready');
      const running = body.instances;
      const usd = running.reduce((sum, { pricePerHour }) => sum + Number(pricePerHour), 0);
      expect(running.length).toBeGreaterThan(3);

      await fleetPage.fleetCommand('Stop all…');
      const dialog = fleetPage.dialog('Stop all instances');
      await dialog.getByText(`${running.length} instances would be stopped.`).waitFor();
      await dialog.getByText(`$${usd.toFixed(2)}/h`).waitFor();
      const lines = await dialog.locator('.lines').first().locator('.line-name').allTextContents();
      expect(lines.toSorted()).toEqual(running.map(({ name }) => name).toSorted());
      // Nothing was done by looking.
      expect((await fleet.api.get(running[0]?.id ?? '')).desired).toBe('running');

      const stop = dialog.locator('.dialog-foot .danger');
      expect(await stop.isDisabled()).toBe(true);
      await dialog.locator('input[type=checkbox]').check();
      await stop.click();
      await dialog.waitFor({ state: 'detached' });
      for (const { name } of running) await fleetPage.hasStatus(name, 'Stopped');
      await fleetPage.figure('billed').getByText('$0.00/h').waitFor();
      fleetPage.isClean([REFUSED_CREATE]);
    });

    it('the page was loaded once for all that', async () => {
      expect(await fleetPage.page.evaluate('globalThis.isTheSamePage')).toBe(true);
    });
  });
}
