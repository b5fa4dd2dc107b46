import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { OPERATOR_KEY, VIEWER_KEY } from './fleet.js';
import { until } from './until.js';
import { WatchedPage } from './watched-page.js';

export type PageRole = 'viewer' | 'operator' | 'admin';

export const KEY_OF: Readonly<Record<PageRole, string>> = {
  viewer: VIEWER_KEY,
  operator: OPERATOR_KEY,
  admin: 'admin-key-for-tests-only-00',
};

/** For the environment of a fleet whose page is opened in any role. */
export const KEYS_OF_ALL_ROLES = {
  API_KEYS: `eyes:viewer:${KEY_OF.viewer},ops:operator:${KEY_OF.operator},root:admin:${KEY_OF.admin}`,
} as const;

export interface OpenOptions extends BrowserContextOptions {
  /** Default: operator. */
  readonly role?: PageRole;
  /** Address below the root, such as `?search=llama`. */
  readonly at?: string;
}

/**
 * The web page as a person finds their way around it. Its parts are found by their classes and their words: to find them by
 * their roles, the browser would work out the role of every element again and again.
 */
export class FleetPage {
  private constructor(
    readonly watched: WatchedPage,
    readonly url: string,
  ) {}

  /** Signed in. */
  static async open(browser: Browser, url: string, options: OpenOptions = {}): Promise<FleetPage> {
    const { role = 'operator', at = '', ...context } = options;
    const fleetPage = await FleetPage.openSignedOut(browser, url, context);
    await fleetPage.signIn(role, at);
    return fleetPage;
  }

  /** In a context of its own, which has been nowhere yet. */
  static async openSignedOut(browser: Browser, url: string, context: BrowserContextOptions = {}): Promise<FleetPage> {
    return new FleetPage(await WatchedPage.open(browser, context), url);
  }

  /** By the link that carries a key, waiting for the view to have been read. */
  async signIn(role: PageRole = 'operator', at = ''): Promise<void> {
    await this.page.goto(`${this.url}/${at}#key=${KEY_OF[role]}`);
    await this.isThere();
  }

  get page(): Page {
    return this.watched.page;
  }

  /** Waits until the table, or what stands in its place, has been read. */
  async isThere(): Promise<void> {
    await this.page.locator('.instances > tbody > tr, .empty').first().waitFor();
  }

  /** Goes to a view by the navigation. */
  async goTo(view: 'instances' | 'overview' | 'activity' | 'spend' | 'sync' | 'orphans' | 'cluster'): Promise<Locator> {
    await this.page.locator(`.nav-link[data-view=${view}]`).click();
    return this.view(view);
  }

  /** Goes to the view of one instance, by its name in the table. */
  async goToInstance(name: string): Promise<Locator> {
    await this.row(name).locator('.instance-link').click();
    const view = await this.view('instance');
    await view.locator('h1').getByText(name, { exact: true }).waitFor();
    return view;
  }

  private async view(name: string): Promise<Locator> {
    const view = this.page.locator(`.view[data-view=${name}]`);
    await view.waitFor();
    return view;
  }

  get table(): Locator {
    return this.page.locator('table.instances');
  }

  get rows(): Locator {
    return this.page.locator('.instances > tbody > tr');
  }

  /** The row of the instance with exactly this name. */
  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Waits until the row's status reads so: its beginning, as a step may follow. */
  async hasStatus(name: string, words: string): Promise<void> {
    await this.row(name)
      .locator('.status-text')
      .filter({ hasText: new RegExp(`^${words}`) })
      .first()
      .waitFor();
  }

  /** Waits until it is shown as terminated, or not at all: a table that was loaded since leaves those out. */
  async isGone(name: string): Promise<void> {
    const live = this.row(name).and(this.page.locator(':not([data-status=terminated])'));
    await live.waitFor({ state: 'detached' });
  }

  /** Opens what a filter of the table offers. */
  async openFilter(label: string): Promise<Locator> {
    await this.page
      .locator('.filter-button')
      .filter({ hasText: new RegExp(`^${label}`) })
      .click();
    return this.page.locator('.popup-panel:not([hidden])');
  }

  /** Chooses, or leaves, a value of a filter. */
  async choose(label: string, value: string): Promise<void> {
    const panel = await this.openFilter(label);
    await panel
      .locator('.choice-line')
      .filter({ has: this.page.getByText(value, { exact: true }) })
      .click();
    await this.page.keyboard.press('Escape');
  }

  /** Takes all filters away, if there are any. */
  async clearFilters(): Promise<void> {
    const clear = this.page.locator('.filters').getByText('Clear filters');
    if (await clear.isVisible()) await clear.click();
  }

  /** Shows instances of every status, terminated ones too. */
  async showAll(): Promise<void> {
    const panel = await this.openFilter('Status');
    await panel.getByText('All', { exact: true }).click();
    await this.page.keyboard.press('Escape');
  }

  /** Keeps each status that the row shows from now on. @returns reads them, in order */
  async watchStatus(name: string): Promise<() => Promise<readonly string[]>> {
    const shown = await this.row(name).evaluateHandle((row) => {
      const statuses: string[] = [];
      const look = (): void => {
        const words = row.querySelector('.status-text')?.textContent ?? '';
        if (statuses.at(-1) !== words) statuses.push(words);
      };
      look();
      new row.ownerDocument.defaultView.MutationObserver(look).observe(row, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      return statuses;
    });
    return () => shown.jsonValue();
  }

  /** Keeps each text that a part of the page has from now on, which may be gone before it can be read. @returns reads them */
  async watchText(part: Locator): Promise<() => Promise<readonly string[]>> {
    const shown = await part.evaluateHandle((element) => {
      const texts: string[] = [element.textContent ?? ''];
      const look = (): void => void texts.push(element.textContent ?? '');
      new element.ownerDocument.defaultView.MutationObserver(look).observe(element, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      return texts;
    });
    return () => shown.jsonValue();
  }

  /** Waits until nothing is said to have gone wrong. */
  async warnsOfNothing(): Promise<boolean> {
    return until('nothing has gone wrong', async () => (await this.warned(/./).count()) === 0);
  }

  /** The command of the row that is likeliest, such as `Stop`. */
  rowButton(name: string, words: string): Locator {
    return this.row(name).locator('.row-main button').filter({ hasText: words });
  }

  menuButton(name: string): Locator {
    return this.row(name).locator('.row-actions > button').last();
  }

  /** Opens what can be done with an instance. */
  async openMenu(name: string): Promise<Locator> {
    await this.menuButton(name).click();
    const menu = this.page.locator('[role=menu]');
    await menu.waitFor();
    return menu;
  }

  /** Gives a command of the row, wherever the page offers it at present. */
  async command(name: string, words: string): Promise<void> {
    const button = this.rowButton(name, words);
    if (await button.isVisible()) await button.click();
    else await (await this.openMenu(name)).getByText(words, { exact: true }).click();
  }

  /** Gives a command for the fleet as a whole, from the menu above the table. */
  async fleetCommand(words: string): Promise<void> {
    await this.page.locator('.toolbar-commands > button[aria-haspopup]').click();
    await this.page.locator('[role=menu]').getByText(words, { exact: true }).click();
  }

  /** What can be done with the selected rows. */
  get bulkBar(): Locator {
    return this.page.locator('.bulk-bar');
  }

  /** A dialog, by its whole title. */
  dialog(title: string | RegExp): Locator {
    const heading = this.page.locator('.dialog-head h2').getByText(title, { exact: true });
    return this.page.locator('dialog[open]').filter({ has: heading });
  }

  /** Waits until this is among what a control is described by. */
  async isDescribed(control: Locator, words: string): Promise<void> {
    await until(`it is described by "${words}"`, async () => (await this.description(control)).includes(words));
  }

  /** What a control is described by: its hint, and what is wrong with it. */
  private async description(control: Locator): Promise<string> {
    return control.evaluate((element) => {
      const group = element.closest('fieldset')?.getAttribute('aria-describedby') ?? '';
      const ids = `${element.getAttribute('aria-describedby') ?? ''} ${group}`.split(' ');
      return ids.map((id) => element.ownerDocument.getElementById(id)?.textContent ?? '').join(' ');
    });
  }

  /** What is said of something done, in a toast or to who cannot see the page. */
  toast(words: string | RegExp): Locator {
    return this.page.locator('[role=status]').filter({ hasText: words });
  }

  /** What is said of something that went wrong, in a toast, a dialog or a banner. */
  warned(words: string | RegExp): Locator {
    return this.page.locator('[role=alert]:visible').filter({ hasText: words });
  }

  get search(): Locator {
    return this.page.locator('#search');
  }

  /** A figure above the table, by what it is called in the address. */
  figure(name: 'running' | 'billed' | 'idle' | 'billed-though-stopped' | 'attention'): Locator {
    return this.page.locator(`.figure[data-figure=${name}]`);
  }

  /** Waits until the mark of the service's health, or of the data's freshness, reads so. */
  async marks(mark: 'health' | 'freshness', words: string | RegExp): Promise<void> {
    await this.page.locator(`.mark.${mark} .mark-text`).getByText(words, { exact: true }).waitFor();
  }

  /** Opens the menu of the key. */
  async openAccount(): Promise<Locator> {
    await this.page.locator('.mark.account').click();
    return this.page.locator('.popup-panel:not([hidden])');
  }

  /**
   * Nothing went wrong that was not brought about on purpose, and nobody else was asked for anything.
   *
   * @param provoked what the console may say, each as narrow as can be
   */
  isClean(provoked: readonly RegExp[] = []): void {
    const faults = this.watched.faults.filter((fault) => !provoked.some((pattern) => pattern.test(fault)));
    assert.deepEqual(faults, []);
    assert.deepEqual([...this.watched.hosts], [new URL(this.url).host]);
  }

  async close(): Promise<void> {
    await this.watched.close();
  }
}

/** A zone in which it is between 14:00 and 15:00 now: what the page offers till tomorrow depends on the time of day. */
export function inTheAfternoon(): string {
  const ahead = 14 - new Date().getUTCHours();
  return `Etc/GMT${ahead < 0 ? '+' : '-'}${Math.abs(ahead)}`;
}
