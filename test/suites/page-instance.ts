import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from '../support/api-client.js';
import { AutoStopClient } from '../support/auto-stop-client.js';
import { violationsOf } from '../support/axe.js';
import { FleetPage, inTheAfternoon, KEY_OF } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

const TABS = ['overview', 'connect', 'activity', 'money', 'utilisation', 'settings'] as const;
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };
const HOUR_MS = 3_600_000;

/** What a test reads of what an instance costs. */
interface Cost {
  readonly usd: number;
  readonly usdPerHour: number;
  readonly asOf: string;
}

export function oneInstance(ground: PageGround): void {
  describe('the view of one instance', () => {
    let api: ApiClient;
    let autoStop: AutoStopClient;
    let llama: InstanceView;
    let batch: InstanceView;
    let fleetPage: FleetPage;

    beforeAll(async () => {
      await ground.clear();
      ({ api } = ground.fleet);
      autoStop = new AutoStopClient(api);
      const make = (name: string): Promise<InstanceView> =>
        api.create({ name, productName: 'RTX 4090', image: 'nginx:latest', ports: ['8080/http', '22/tcp'] });
      [llama, batch] = await Promise.all([make('llama-inference'), make('whisper-batch')]);
      for (const { id } of [llama, batch]) {
        await until('it is ready', async () => (await api.get(id)).status === 'ready');
      }
      await autoStop.touch(batch.id, { source: 'gateway' });
      await autoStop.set(batch.id, { thresholdMinutes: 0.01 });
      await until('it is due', async () => (await autoStop.idle(batch.id)).verdict === 'stop');
      await autoStop.trigger();
      await until('it is stopped', async () => (await api.get(batch.id)).status === 'stopped');
      fleetPage = await FleetPage.open(ground.browser, api.url, {
        viewport: DESKTOP,
        timezoneId: inTheAfternoon(),
        permissions: ['clipboard-read', 'clipboard-write'],
      });
    });
    afterEach(async () => {
      await fleetPage.page.setViewportSize(DESKTOP);
      await fleetPage.goTo('instances');
    });
    afterAll(() => fleetPage?.close());

    const addressOf = ({ id }: InstanceView, search = ''): string => `${api.url}/instances/${id}${search}`;

    it('keep one busy till tomorrow: from its name four presses, and one ends it', async () => {
      const { page } = fleetPage;
      const view = await fleetPage.goToInstance('llama-inference');
      const why = view.locator('.why');
      await why
        .getByText(/^Kept: it became ready .* ago and was not used since\. Stops .* unless it is used\.$/)
        .waitFor();

      await why.getByText('Keep busy until …').click();
      const dialog = fleetPage.dialog('Keep llama-inference busy');
      await dialog.getByText('Until 09:00 tomorrow').click();
      await dialog.locator('input[required]').fill('training run 42');
      await page.keyboard.press('Enter');
      await why.getByText(/^Kept: busy until tomorrow .*, says key ops: training run 42\./).waitFor();
      const { lease } = (await api.get(llama.id))['autoStop'] as { readonly lease: { readonly until: string } };
      expect(Date.parse(lease.until)).toBeGreaterThan(Date.now());
      expect(new Date(lease.until).getMinutes()).toBe(0);

      await why.getByText('End it now').click();
      await why
        .getByText(/^Kept: /)
        .and(why.locator(':not(:has-text("training run 42"))'))
        .first()
        .waitFor();
      await until('it is over', async () => {
        const { lease } = (await api.get(llama.id))['autoStop'] as { readonly lease?: unknown };
        return lease === undefined;
      });
      fleetPage.isClean();
    });

    it('find out why one was stopped: the answer is the first sentence, and the rest is in its activity', async () => {
      const { page } = fleetPage;
      const view = await fleetPage.goToInstance('whisper-batch');
      const why = view.locator('.why');
      await why
        .getByText(/^Stopped: by auto-stop (?:yesterday )?at .*: not used for .*gateway.* Its disk is kept\.$/)
        .waitFor();
      expect(await why.textContent()).not.toMatch(/user:|\/api\/|autoStop/);

      await view.locator('#tab-activity').click();
      const entries = view.locator('.timeline > li');
      await entries.getByText('Auto-stop had it stopped').waitFor();
      const auditLog = await autoStop.auditLog(batch.id);
      expect(await entries.count()).toBe(auditLog.length);

      await view.locator('#activity-group').selectOption('commands');
      const commands = auditLog.filter(({ kind }) => kind === 'wish').length;
      await until('only commands are shown', async () => (await entries.count()) === commands);
      expect(new URL(page.url()).search).toBe('?tab=activity&show=commands');
      await page.goBack();
      await until('all is shown again', async () => (await entries.count()) === auditLog.length);
      fleetPage.isClean();
    });

    it('send a colleague the address of one: it opens there, without commands and secrets for a key that may only read', async () => {
      await fleetPage.goToInstance('llama-inference');
      await fleetPage.page.getByText('Copy link').click();
      await fleetPage.toast('The address of this instance is copied').waitFor();
      const address = await fleetPage.page.evaluate<string>('navigator.clipboard.readText()');
      expect(address).toBe(addressOf(llama));

      const colleague = await FleetPage.openSignedOut(ground.browser, api.url);
      await colleague.page.goto(`${address}?tab=connect#key=${KEY_OF.viewer}`);
      const view = colleague.page.locator('.view[data-view=instance]');
      await view.locator('h1').getByText('llama-inference', { exact: true }).waitFor();
      await view.getByText('SSH', { exact: true }).waitFor();
      expect(await view.locator('#tab-connect').getAttribute('aria-selected')).toBe('true');
      await view.getByText(/^Passwords .* are shown to keys that may command/).waitFor();
      expect(await view.locator('button[title$=password]').count()).toBe(0);
      expect(await view.locator('.view-beside button, .why button').allInnerTexts()).toEqual([
        expect.stringMatching(/^More/),
      ]);
      const endpoint = String((await api.get(llama.id)).portMappings.find(({ port }) => port === 8080)?.endpoint);
      await view.getByText(`curl -sS '${endpoint}'`, { exact: true }).waitFor();

      await colleague.page.goto(addressOf({ ...llama, id: 'ins_00000000000000000000000000' }));
      await colleague.page.getByText('There is no such instance.').waitFor();
      colleague.isClean([/status of 404/]);
      await colleague.close();
      fleetPage.isClean();
    });

    it('each figure is the one of the API', async () => {
      const view = await fleetPage.goToInstance('llama-inference');
      const shown = async (name: string): Promise<string> =>
        (await view.locator(`.figure[data-figure=${name}] .figure-value`).textContent()) ?? '';
      const now = await api.get(llama.id);
      expect(await shown('price')).toBe(`${money(Number(now['pricePerHour']), 3)}/h`);
      await until('its cost so far is shown', async () => within(await shown('cost'), now['cost'] as Cost));

      await view.locator('#tab-money').click();
      const moneyTab = view.locator('#panel-money');
      const { body } = await api.request<Cost & { readonly savedUsd: number }>(
        'GET',
        `/api/v1/instances/${llama.id}/spend`,
      );
      const inTab = async (name: string): Promise<string> =>
        (await moneyTab.locator(`.figure[data-figure=${name}] .figure-value`).textContent()) ?? '';
      await moneyTab.locator('.figure[data-state=known]').first().waitFor();
      expect(within(await inTab('cost'), body)).toBe(true);
      expect(await inTab('cost-now')).toBe(`${money(body.usdPerHour, 3)}/h`);
      expect(await inTab('saved')).toBe(money(body.savedUsd, 2));

      await view.locator('#tab-utilisation').click();
      const { body: metrics } = await api.request<{
        readonly series: { readonly gpu: readonly { readonly percent: number }[] | null };
      }>('GET', `/api/v1/instances/${llama.id}/metrics`);
      const latest = metrics.series.gpu?.at(-1)?.percent;
      const gpu = view.locator('#panel-utilisation .chart').first();
      const percent = latest === undefined ? 'Nothing was measured' : `${Math.round(latest * 10) / 10} %`;
      await (latest === undefined ? view.getByText(percent) : gpu.getByText(percent, { exact: true }))
        .first()
        .waitFor();
      fleetPage.isClean();
    });

    it('create one like it: the form holds what it was made of', async () => {
      const view = await fleetPage.goToInstance('llama-inference');
      await view.locator('.view-beside [aria-haspopup=menu]').click();
      await fleetPage.page.locator('[role=menu]').getByText('Create one like this…').click();
      const dialog = fleetPage.dialog('Create one like llama-inference');
      await until('it is filled in', async () => {
        const values = await dialog.locator('input.input').evaluateAll((inputs) => inputs.map((input) => input.value));
        return values.includes('llama-inference-2') && values.includes('nginx:latest') && values.includes('8080');
      });
      await until('its GPU is chosen', async () => {
        const chosen = dialog.locator('input[type=radio]:checked');
        return (await chosen.count()) > 0 && /4090/.test((await chosen.first().getAttribute('value')) ?? '');
      });
      await fleetPage.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      fleetPage.isClean();
    });

    it('axe finds nothing, the arrows lead from part to part, and nothing lies beside a narrow screen', async () => {
      const { page } = fleetPage;
      const view = await fleetPage.goToInstance('llama-inference');
      await page.setViewportSize(PHONE);
      const findings: Record<string, unknown> = {};
      await view.locator('#tab-overview').focus();
      for (const [index, name] of TABS.entries()) {
        if (index > 0) await page.keyboard.press('ArrowRight');
        await view.locator(`#tab-${name}:focus`).waitFor();
        await view.locator(`#panel-${name} .skeleton:not([hidden])`).waitFor({ state: 'detached' });
        const beside = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (beside > 0) findings[`${name}, beside the screen`] = beside;
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          // What stands above them is the same for all.
          const within = index === 0 ? 'main' : ['.tabs', `#panel-${name}`];
          const violations = await violationsOf(page, { within, onlyColours: colorScheme === 'dark' });
          if (violations.length > 0) findings[`${name}, ${colorScheme}`] = violations;
        }
      }
      expect(findings).toEqual({});
      fleetPage.isClean();
    });
  });
}

/** As dollars are written, with at most so many digits after the point. */
function money(usd: number, digits: number): string {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: digits }).format(
    usd,
  );
}

/** Whether what is shown is the cost at some time from when the API said it until now. */
function within(shown: string, { usd, usdPerHour, asOf }: Cost): boolean {
  const cents = Math.round(Number(shown.replaceAll(/[$,]/g, '')) * 100);
  const most = usd + (usdPerHour * (Date.now() - Date.parse(asOf))) / HOUR_MS;
  // The page may have been read a moment before the API was.
  return cents >= Math.round(usd * 100) - 1 && cents <= Math.round(most * 100);
}
