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
  /** Query of the address, such as `?q=llama`. */
  readonly query?: string;
}

/** The web page as a person finds their way around it: by roles, names and words. */
export class FleetPage {
  private constructor(
    readonly watched: WatchedPage,
    readonly url: string,
  ) {}

  /** Signed in. */
  static async open(browser: Browser, url: string, options: OpenOptions = {}): Promise<FleetPage> {
    const { role = 'operator', query = '', ...context } = options;
    const fleetPage = await FleetPage.openSignedOut(browser, url, context);
    await fleetPage.signIn(role, query);
    return fleetPage;
  }

  /** In a context of its own, which has been nowhere yet. */
  static async openSignedOut(browser: Browser, url: string, context: BrowserContextOptions = {}): Promise<FleetPage> {
    return new FleetPage(await WatchedPage.open(browser, context), url);
  }

  /** By the link that carries a key, waiting for the table to have been read. */
  async signIn(role: PageRole = 'operator', query = ''): Promise<void> {
    await this.page.goto(`${this.url}/${query}#key=${KEY_OF[role]}`);
    await this.isThere();
  }

  get page(): Page {
    return this.watched.page;
  }

  /** Waits until the table, or what stands in its place, has been read. */
  async isThere(): Promise<void> {
    await this.page.getByRole('heading', { name: 'Instances', exact: true, level: 2 }).waitFor();
    await this.table
      .or(this.page.getByText(/^No instance/))
      .first()
      .waitFor();
  }

  get table(): Locator {
    return this.page.getByRole('table', { name: 'Instances', exact: true });
  }

  /** By their attribute, as they are asked for again and again: the browser would work out the role of each element. */
  get rows(): Locator {
    return this.page.locator('[role=table] [role=row]');
  }

  /** The row of the instance with exactly this name. */
  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Waits until the row's status reads so: its beginning, as a step may follow. */
  async hasStatus(name: string, words: string): Promise<void> {
    await this.row(name)
      .getByText(new RegExp(`^${words}`))
      .first()
      .waitFor();
  }

  /** Waits until it is shown as terminated, or not at all: a table that was loaded since leaves those out. */
  async isGone(name: string): Promise<void> {
    const live = this.row(name).and(this.page.locator(':not([data-status=terminated])'));
    await live.waitFor({ state: 'detached' });
  }

  /** Shows instances of every status, terminated ones too. */
  async showAll(): Promise<void> {
    await this.page.getByRole('button', { name: /^Status: / }).click();
    await this.page.getByRole('button', { name: 'All', exact: true }).click();
    await this.page.keyboard.press('Escape');
  }

  /** Keeps each status that the row shows from now on. @returns reads them, in order */
  async watchStatus(name: string): Promise<() => Promise<readonly string[]>> {
    const shown = await this.row(name).evaluateHandle((row) => {
      const statuses: string[] = [];
      const look = (): void => {
        const words = row.querySelector('.badge')?.textContent ?? '';
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

  /** A button of the row, such as `Stop`. */
  rowButton(name: string, words: string): Locator {
    return this.row(name).getByRole('button', { name: `${words} ${name}`, exact: true });
  }

  menuButton(name: string): Locator {
    return this.row(name).getByRole('button', { name: `More for ${name}`, exact: true });
  }

  /** Opens what else can be done with an instance. */
  async openMenu(name: string): Promise<Locator> {
    await this.menuButton(name).click();
    const menu = this.page.getByRole('menu', { name: `More for ${name}`, exact: true });
    await menu.waitFor();
    return menu;
  }

  /** Gives a command of the row, wherever the page offers it at present. */
  async command(name: string, words: string): Promise<void> {
    const button = this.rowButton(name, words);
    if (await button.isVisible()) await button.click();
    else await (await this.openMenu(name)).getByRole('menuitem', { name: words, exact: true }).click();
  }

  dialog(name: string | RegExp): Locator {
    return this.page.getByRole('dialog', { name });
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

  /** A toast about something done. */
  toast(words: string | RegExp): Locator {
    return this.page.getByRole('status').filter({ hasText: words });
  }

  /** What is said of something that went wrong, in a toast, a dialog or a banner. */
  warned(words: string | RegExp): Locator {
    return this.page.getByRole('alert').filter({ hasText: words });
  }

  get search(): Locator {
    return this.page.getByRole('searchbox', { name: 'Search by part of the name, or by id' });
  }

  /** A figure of the overview, by its title. */
  card(title: string): Locator {
    return this.page.getByRole('article').filter({ has: this.page.getByRole('heading', { name: title, exact: true }) });
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
