import { connect, createServer, type Server, type Socket } from 'node:net';
import { WebhookReceiver } from '@app/testing/servers';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from './support/api-client.js';
import { violationsOf } from './support/axe.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { SyncClient } from './support/sync-client.js';
import { recordSyncs } from './support/sync-course.js';
import { until } from './support/until.js';

const TWENTY = 20;
/** The narrowest that the page is made for. */
const NARROW = { width: 360, height: 780 };

/** The views of what happens: activity with webhooks, orphans, and the sync. */
describe('the activity, the orphans and the sync on the page', () => {
  let fleet: Fleet;
  let browser: Browser;
  let line: Line;
  let view: FleetPage;

  beforeAll(async () => {
    [fleet, browser] = await Promise.all([
      Fleet.start({
        standalones: 1,
        env: {
          ...KEYS_OF_ALL_ROLES,
          // In production the addresses of webhooks need TLS.
          NODE_ENV: 'development',
          WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
          NOVITA_TIMEOUT: '15s',
          CREATE_RETRY_GRACE: '20s',
          NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
          // No run but the first and those that a test asks for, while automatic runs can be paused all the same.
          SYNC_INTERVAL_MINUTES: '24h',
          SYNC_MISSING_GRACE: '0',
        },
      }),
      openBrowser(),
    ]);
    await new SyncClient(fleet.api).becomes('completed');
    line = await Line.to(fleet.api.url);
    view = await FleetPage.open(browser, line.url, { role: 'admin' });
  });
  afterAll(async () => {
    await closePages(browser);
    await line?.end();
    await fleet?.stop();
  });

  /** What axe finds in the present view in both themes, and how far it goes beyond a narrow screen. */
  async function look(): Promise<void> {
    const { page } = view;
    const wide = page.viewportSize() ?? NARROW;
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    expect(await violationsOf(page, { within: '.view' })).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violationsOf(page, { within: '.view', onlyColours: true })).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(NARROW);
    await page.waitForFunction('document.documentElement.scrollWidth === document.documentElement.clientWidth');
    await page.setViewportSize(wide);
  }

  it('a sync is followed to its end, and kept with all that it read', async () => {
    fleet.sandbox.world.seed(TWENTY);
    const sync = await view.goTo('sync');
    await sync
      .locator('.sync')
      .getByText(/^Synced /)
      .waitFor();
    const seen = await recordSyncs(view.page);
    const slow = fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 2_500 });
    await sync.getByText('Sync now…').click();
    const dialog = view.dialog('Sync with Novita');
    await dialog.locator('.dialog-foot button').getByText('Sync now', { exact: true }).click();
    await dialog.getByText(/It took [\d.]+ m?s\.$/).waitFor();
    await view.page.keyboard.press('Escape');
    fleet.sandbox.faults.clear(slow);

    const course = (await seen()).filter(({ isRunning }) => isRunning);
    expect(course.some(({ label }) => label.startsWith('Reading instances'))).toBe(true);
    const runs = sync.locator('tr[data-run]');
    await runs.first().getByText(`${TWENTY} new`).waitFor();
    await runs.first().locator('button').click();
    const run = view.dialog(/^Sync of /);
    await run.locator('.sync-resources').getByText('Instances').waitFor();
    await run.locator('.facts').getByText('Key root').waitFor();
    await view.page.keyboard.press('Escape');
  });

  it('automatic runs are paused and go on, in one press each', async () => {
    const sync = await view.goTo('sync');
    await sync.getByText('Pause automatic runs').click();
    await sync
      .locator('.sync')
      .getByText(/^Paused by root/)
      .waitFor();
    await sync.getByText('Resume automatic runs').click();
    await sync.getByText('Pause automatic runs').waitFor();
    expect(await new SyncClient(fleet.api).status()).not.toHaveProperty('paused');
  });

  it('one orphan is set aside by keyboard alone, and listed again', async () => {
    const orphans = await view.goTo('orphans');
    const { keyboard } = view.page;
    const figure = (list: string): Locator => orphans.locator(`.figure[data-list=${list}] .figure-value`);
    await figure('listed').getByText(String(TWENTY), { exact: true }).waitFor();
    const row = orphans.locator('tr[data-orphan]').first();
    await row.locator('input').focus();
    await keyboard.press('Space');
    await orphans.getByText(/^1 selected, /).waitFor();
    await orphans.locator('[data-command=ignore]:visible').focus();
    await keyboard.press('Enter');
    const send = view.dialog('Ignore').getByText('Ignore 1 instance', { exact: true });
    await send.waitFor();
    await send.focus();
    await keyboard.press('Enter');
    await figure('ignored').getByText('1', { exact: true }).waitFor();
    await figure('listed')
      .getByText(String(TWENTY - 1), { exact: true })
      .waitFor();

    await orphans.locator('.figure[data-list=ignored]').click();
    expect(new URL(view.page.url()).search).toBe('?list=ignored');
    await orphans.locator('tr[data-orphan]:visible').getByText('List again').click();
    await orphans.getByText('Nothing is ignored.').waitFor();
    await view.page.goBack();
    await figure('listed').getByText(String(TWENTY), { exact: true }).waitFor();
    await look();
  });

  it('twenty orphans are adopted in three presses, at the price that was said', async () => {
    await view.goTo('instances');
    const priced = await fleet.api.request<{ allUsdPerHour: number; total: number }>('GET', '/api/v1/orphans');
    expect(priced.body.total).toBe(TWENTY);
    const orphans = await view.goTo('orphans');
    await orphans
      .locator('.figure[data-list=listed]')
      .getByText(`$${priced.body.allUsdPerHour.toFixed(2)}`)
      .waitFor();
    await orphans.locator('[data-command=adopt]:visible').getByText(`Adopt all ${TWENTY}…`).click();
    await view.dialog('Adopt').getByText(`Adopt ${TWENTY} instances`, { exact: true }).click();
    await orphans.getByText('Everything at Novita is managed here.').waitFor();
    await view.toast(new RegExp(`accepted for ${TWENTY} of ${TWENTY}`)).waitFor();
    const { body } = await fleet.api.request<{ total: number }>('GET', '/api/v1/instances?origin=adopted');
    expect(body.total).toBe(TWENTY);
  });

  it('the activity goes on over a broken stream: nothing is lost, nothing doubled', async () => {
    const activity = await view.goTo('activity');
    const lineOf = (name: string, words: string): Locator =>
      activity.locator('.activity-text').getByText(new RegExp(`^${name} ${words}$`));
    const before = await fleet.api.create({ name: 'before', productName: 'RTX 4090', image: 'nginx' });
    await lineOf('before', 'is ready').waitFor();

    line.cut();
    await fleet.api.create({ name: 'meanwhile', productName: 'RTX 4090', image: 'nginx' });
    await fleet.api.request('POST', `/api/v1/instances/${before.id}/stop`);
    await until('it has stopped', async () => (await fleet.api.get(before.id)).status === 'stopped');
    expect(await lineOf('before', 'has stopped').count()).toBe(0);
    line.mend();
    await lineOf('before', 'has stopped').waitFor();
    await lineOf('meanwhile', 'is ready').waitFor();
    await fleet.api.create({ name: 'after', productName: 'RTX 4090', image: 'nginx' });
    await lineOf('after', 'is ready').waitFor();

    const shown = await activity
      .locator('.activity-line')
      .evaluateAll((lines) => lines.map((each) => each.getAttribute('data-event') ?? ''));
    const types = 'instance.*,sync.*';
    const kept = await fleet.api.request<{ events: { id: string; type: string }[] }>(
      'GET',
      `/api/v1/activity?limit=200&types=${types}`,
    );
    const all = kept.body.events.filter(({ type }) => type !== 'instance.updated').map(({ id }) => id);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown).toEqual(all.slice(0, shown.length));
  });

  it('the activity is narrowed in the address, goes on live, and each line leads to its instance', async () => {
    const { page } = view;
    const activity = await view.goTo('activity');
    const types = (): Promise<string[]> =>
      activity
        .locator('.activity-line')
        .evaluateAll((lines) => lines.map((each) => each.getAttribute('data-type') ?? ''));
    await activity.locator('[data-kind=stops]').click();
    await until('only ends are shown', async () => {
      const shown = await types();
      return shown.length > 0 && shown.every((type) => /stop|delet|terminated|removed/.test(type));
    });
    expect(new URL(page.url()).search).toBe('?kinds=stops');
    await page.reload();
    await activity.locator('[data-kind=stops][aria-pressed=true]').waitFor();
    await activity.locator('#activity-search').fill('AFTER');
    await activity.getByText(/^Nothing (of late )?matches\./).waitFor();
    const { body } = await fleet.api.request<{ instances: { id: string }[] }>('GET', '/api/v1/instances?search=after');
    await fleet.api.request('POST', `/api/v1/instances/${body.instances[0]?.id ?? ''}/stop`);
    await activity
      .locator('.activity-text')
      .getByText(/^after has stopped$/)
      .waitFor();
    await look();
    await page.goBack();
    await activity.locator('[data-kind=stops][aria-pressed=false]').waitFor();
    await page.goForward();
    await activity.locator('.activity-line .instance-link').first().click();
    await page.locator('.view[data-view=instance] h1').getByText('after', { exact: true }).waitFor();
  });

  it('a webhook that is gone is marked, with what it did not take, and goes on when it is resumed', async () => {
    const gone = await WebhookReceiver.start();
    try {
      gone.answerWith({ kind: 'status', status: 410 });
      const admin = new ApiClient(fleet.api.url, KEY_OF.admin);
      expect((await admin.request('POST', '/api/v1/webhooks/endpoints', { url: gone.url })).status).toBe(201);
      const activity = await view.goTo('activity');
      await activity.getByText('Clear', { exact: true }).click();
      await fleet.api.create({ name: 'hooked', productName: 'RTX 4090', image: 'nginx' });
      await activity.locator('.activity-line[data-type="webhook.disabled"]').waitFor();
      await activity.locator('.activity-mark').getByText('1 switched off').waitFor();
      await activity.locator('#tab-webhooks').click();
      const row = activity.locator('tr[data-endpoint]');
      await row.getByText(/It answered that it is gone \(410\)/).waitFor();
      await look();
      await row.getByText('Resume').click();
      await row.getByText('Active', { exact: true }).waitFor();
      await activity.locator('.activity-mark').waitFor({ state: 'hidden' });
    } finally {
      await gone.close();
    }
  });

  it('a sync that is held says so in its view, and is let through in two presses', async () => {
    const { body } = await fleet.api.request<{ instances: { id: string; novitaInstanceId?: string }[] }>(
      'GET',
      '/api/v1/instances?limit=100',
    );
    const ids = body.instances.flatMap(({ novitaInstanceId = '' }) => novitaInstanceId);
    expect(ids.length).toBeGreaterThan(TWENTY);
    fleet.sandbox.faults.add({ kind: 'vanish', ids });
    await new SyncClient(fleet.api).run({ resources: ['instances'] });
    const sync = await view.goTo('sync');
    const held = sync.locator('.sync-held');
    await held.getByText(/^\d+ records would go with it\./).waitFor();
    await sync.locator('tr[data-run]').first().getByText('Held', { exact: true }).waitFor();
    await look();
    await held.locator('button').click();
    const dialog = view.dialog('Sync with Novita');
    await dialog.locator('.dialog-foot button').getByText('Sync now', { exact: true }).click();
    await dialog.getByText(/It took [\d.]+ m?s\.$/).waitFor();
    await view.page.keyboard.press('Escape');
    await held.waitFor({ state: 'hidden' });
    const { body: left } = await fleet.api.request<{ total: number }>('GET', '/api/v1/instances');
    expect(left.total).toBe(0);
    view.isClean([/net::ERR_/]);
  });
});

/** A line between the page and the API that can be cut and mended, with both of them well. */
class Line {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(target: string): Promise<Line> {
    const { port } = new URL(target);
    const server = createServer((near) => line.join(near, connect(Number(port), '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const own = typeof address === 'object' && address !== null ? address.port : 0;
    const line = new Line(server, `http://127.0.0.1:${own}`);
    return line;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, far: Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      // What broke at one end is broken at the other.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    if (this.isCut) near.destroy();
    else near.pipe(far).pipe(near);
  }
}
