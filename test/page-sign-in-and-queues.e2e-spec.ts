import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage, KEY_OF, KEYS_OF_ALL_ROLES, type OpenOptions } from './support/fleet-page.js';
import { until } from './support/until.js';
import { WatchedPage } from './support/watched-page.js';

const SECRET = 'hf_only-for-operators';
/** The table is read while the page asks whose the key is. */
const REFUSED = /status of 401 \(Unauthorized\) \/api\/v1\/(me|instances|instances\/summary)(\?\S*)?$/;
const COMMANDS = /^(start|stop|restart|delete|adopt|create|sync|keep|auto-stop|pause|resume|end)\b/i;

let fleet: Fleet;
let browser: Browser;

beforeAll(async () => {
  [fleet, browser] = await Promise.all([Fleet.start({ apis: 2, workers: 1, env: KEYS_OF_ALL_ROLES }), openBrowser()]);
});
afterAll(async () => {
  await closePages(browser);
  await fleet?.stop();
});

/** The address has nothing but the path. */
const isAtHome = (page: Page): Promise<true> =>
  until('the address is bare', async () => page.url() === `${fleet.api.url}/`);

/** Who gets in, what stays of the key, and what each role sees. */
describe('signing in to the page', () => {
  /** The present one, which goes from one test to the next. */
  let fleetPage: FleetPage;

  beforeAll(async () => {
    const { id } = await fleet.api.create({
      name: 'llama-inference',
      productName: 'RTX 4090',
      image: 'vllm/vllm-openai:v0.8.4',
      ports: ['8000/http', '22/tcp'],
      envs: [{ key: 'HF_TOKEN', value: SECRET }],
    });
    await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');
  });
  afterAll(() => fleetPage?.close());

  const open = async (options?: OpenOptions): Promise<FleetPage> => {
    await fleetPage?.close();
    return FleetPage.open(browser, fleet.api.url, options);
  };
  const openSignedOut = async (): Promise<FleetPage> => {
    await fleetPage?.close();
    return FleetPage.openSignedOut(browser, fleet.api.url);
  };

  it('by typing a key: one that is not known is refused in words, and the field is ready for the next', async () => {
    fleetPage = await openSignedOut();
    const { page } = fleetPage;
    await page.goto(fleet.api.url);
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
    fleetPage = await openSignedOut();
    const { page } = fleetPage;
    await page.goto(`${fleet.api.url}/#key=wrong-key-wrong-key-wrong`);
    await fleetPage.warned('This key is not known here.').waitFor();
    expect(await isAtHome(page)).toBe(true);
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('wrong-key');
    fleetPage.isClean([REFUSED]);
  });

  it('by a link: nothing of the key stays in the address, the history or the browser; the tab keeps it', async () => {
    fleetPage = await open();
    const { page } = fleetPage;
    expect(await isAtHome(page)).toBe(true);
    const devtools = await page.context().newCDPSession(page);
    const { entries } = await devtools.send('Page.getNavigationHistory');
    expect(entries.map(({ url }) => url).filter((url) => url.includes('key'))).toEqual([]);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(KEY_OF.operator);
    expect(await page.context().cookies()).toEqual([]);

    await page.reload();
    await fleetPage.hasStatus('llama-inference', 'Ready');
    expect(await isAtHome(page)).toBe(true);

    const other = await page.context().newPage();
    await other.goto(fleet.api.url);
    await other.getByLabel('API key').waitFor();
    await other.close();
    fleetPage.isClean();
  });

  it('by a link that is followed in the open page, which takes its key out of the address', async () => {
    const { page } = fleetPage;
    await page.evaluate(`location.hash = ${JSON.stringify(`key=${KEY_OF.viewer}`)}`);
    await page.locator('.mark.account').getByText('eyes').waitFor();
    expect(await isAtHome(page)).toBe(true);
    await page.goBack();
    await page.locator('.mark.account').getByText('eyes').waitFor();
    expect(await isAtHome(page)).toBe(true);
    fleetPage.isClean();
  });

  it('as a viewer: everything is shown but commands and secrets', async () => {
    const { page } = fleetPage;
    await fleetPage.hasStatus('llama-inference', 'Ready');
    expect(await page.getByRole('button', { name: COMMANDS }).count()).toBe(0);
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
    expect(await page.getByRole('button', { name: COMMANDS }).count()).toBe(0);
    expect(await page.content()).not.toContain(SECRET);
    fleetPage.isClean();
  });

  it('is over with signing out, also for whoever goes back', async () => {
    const { page } = fleetPage;
    await (await fleetPage.openAccount()).getByText('Sign out').click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('key-for');
    await page.goto(`${fleet.api.url}/errors`);
    await page.goBack();
    await page.getByLabel('API key').waitFor();
    fleetPage.isClean();
  });

  it('as an operator: the same view has the values, and passwords only for copying', async () => {
    fleetPage = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = fleetPage;
    const panel = await fleetPage.goToInstance('llama-inference');
    await panel.getByText(`HF_TOKEN=${SECRET}`).waitFor();
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

    fleetPage = await open({ role: 'admin' });
    const { page } = fleetPage;
    const queues = page.context().waitForEvent('page');
    await (await fleetPage.openAccount()).getByText('Queues').click();
    const board = await queues;
    await board.getByRole('link', { name: 'lifecycle' }).first().waitFor();
    expect(new URL(board.url()).pathname).toMatch(/^\/admin\/queues/);
    expect(await board.evaluate('sessionStorage.length')).toBe(0);
    expect(await board.evaluate('opener')).toBeNull();

    await page.bringToFront();
    await (await fleetPage.openAccount()).getByText('Metrics').click();
    const metrics = fleetPage.dialog('Metrics');
    await metrics.getByLabel('Part of the name').fill('novita_fleet_instances');
    await metrics.getByRole('region', { name: 'Metrics' }).getByText('novita_fleet_instances').waitFor();
    fleetPage.isClean();
  });
});

/** The board of the queues in a real browser: it works under a policy without `unsafe-inline`, and alone. */
describe('the queues', () => {
  let watched: WatchedPage;

  beforeAll(async () => {
    watched = await WatchedPage.open(browser);
  });

  const at = (path: string, pod = 0): string => `${fleet.clients[pod]?.url}${path}`;

  it('are closed to a browser that only follows the link, and it says how to open them', async () => {
    const stranger = await WatchedPage.open(browser);
    const response = await stranger.page.goto(at('/admin/queues'));
    expect(response?.status()).toBe(401);
    await stranger.page.getByRole('link', { name: 'The page of the fleet' }).click();
    expect(new URL(stranger.page.url()).pathname).toBe('/');
    await stranger.close();
  });

  it('open with a session, at any pod, and show what is in them', async () => {
    const { id } = await fleet.api.create({ name: 'seen-in-queue', productName: 'RTX 4090', image: 'nginx:latest' });
    await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');

    const { page } = watched;
    const headers = { authorization: `Bearer ${KEY_OF.admin}` };
    expect((await page.request.post(at('/admin/queues/session'), { headers })).status()).toBe(204);
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({ path: '/admin/queues', httpOnly: true, sameSite: 'Strict', secure: false }),
    ]);

    const policy = (await page.goto(at('/admin/queues')))?.headers()['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const queue of ['lifecycle', 'sync', 'auto-stop'])
      await page.getByRole('link', { name: queue }).first().waitFor();

    await page.getByRole('link', { name: 'lifecycle' }).first().click();
    await page.getByText('RECONCILE_INSTANCE').or(page.getByText('STARTUP_MONITOR')).first().waitFor();
    await page.getByText(id).first().waitFor();

    // A cookie belongs to a host, whatever its port: the other pod gets it as well, and knows it.
    await page.goto(at('/admin/queues/job-schedulers', 1));
    await page.getByText('AUTO_STOP_CHECK').first().waitFor();
  });

  it('offer nothing that would change them', async () => {
    const { page } = watched;
    await page.goto(at('/admin/queues/queue/lifecycle'));
    await page.getByRole('button', { name: 'Queue info' }).click();
    await page.getByRole('dialog').getByText('Read-only').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    for (const name of [/retry/i, /clean/i, /pause/i, /promote/i, /empty/i, /obliterate/i, /add job/i]) {
      expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0]);
    }
  });

  it('close when the session is ended', async () => {
    const { page } = watched;
    expect((await page.request.delete(at('/admin/queues/session'))).status()).toBe(204);
    expect(await page.context().cookies()).toEqual([]);
    expect(watched.faults).toEqual([]);
    expect((await page.goto(at('/admin/queues')))?.status()).toBe(401);
  });

  it('asked no other host for anything', () => {
    expect([...watched.hosts].toSorted()).toEqual(fleet.clients.map(({ url }) => new URL(url).host).toSorted());
  });
});
