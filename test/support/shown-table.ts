import type { Locator } from 'playwright-core';
import type { FleetPage } from './fleet-page.js';
import { until } from './until.js';

/** Which instances the page shows, and of how many it says they are. */
export class ShownTable {
  constructor(private readonly view: FleetPage) {}

  /** Of the rows, in their order. */
  async names(): Promise<readonly string[]> {
    return this.view.rows.locator('.instance-link').allTextContents();
  }

  /** Of the rows, in their order. */
  async ids(): Promise<readonly string[]> {
    return this.view.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id') ?? ''));
  }

  /** Waits until the page says that it shows these, such as `51–100 of 10,000`. */
  async shows(range: string): Promise<void> {
    await this.view.page.locator('.pager').getByText(range, { exact: true }).waitFor();
    await this.isSettled();
  }

  /** Waits until these are the rows. */
  async showsNames(names: readonly string[]): Promise<void> {
    const wanted = names.join();
    await until(`the rows are ${wanted.slice(0, 200)}`, async () => (await this.names()).join() === wanted);
  }

  /** Turns the page. */
  async turn(to: 'Next' | 'Previous'): Promise<void> {
    await this.pager(to).click();
    await this.isSettled();
  }

  pager(to: 'Next' | 'Previous'): Locator {
    return this.view.page.locator(`.pager > button[aria-label="${to} page"]`);
  }

  /** What was asked for last is what is shown. */
  private async isSettled(): Promise<void> {
    await until('nothing is being read', async () => (await this.view.table.getAttribute('aria-busy')) === 'false');
  }
}
