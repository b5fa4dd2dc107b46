import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { ROOT } from './built-process.js';

/** What a job costs whoever does it. */
export interface JobCost {
  readonly clicks: number;
  readonly keys: number;
  readonly seconds: number;
}

/** A job, done by mouse and by keyboard alone. */
export interface JobCosts {
  readonly job: string;
  readonly mouse: JobCost;
  readonly keyboard: JobCost;
}

const DOCUMENT = join(ROOT, 'docs', 'page.md');
const HEADING = '## Clicks and keys of a job\n';
const HEAD = '| job | by mouse | by keyboard alone | seconds of the script |\n| --- | --- | --- | --- |\n';
/** No page has so many stops. */
const MOST_STOPS = 200;

/**
 * In the page, before all else. Only what a browser reports as a person's own doing counts: a script that presses a button by its
 * `click()` brings forth no such event, and a modifier that is held is no key of its own.
 */
const COUNT_EVENTS = `
  addEventListener('pointerdown', ({ isTrusted }) => isTrusted && countOfJob('click'), true);
  addEventListener('keydown', ({ isTrusted, repeat, key }) => {
    if (isTrusted && !repeat && !['Shift', 'Control', 'Alt', 'Meta'].includes(key)) countOfJob('key');
  }, true);
`;

/** Counts the clicks and keys that a page receives. */
export class JobCounter {
  private clicks = 0;
  private keys = 0;

  private constructor(private readonly page: Page) {}

  /** @param page that has not been anywhere yet */
  static async in(page: Page): Promise<JobCounter> {
    const counter = new JobCounter(page);
    await page.exposeFunction('countOfJob', (what: 'click' | 'key') => {
      if (what === 'click') counter.clicks += 1;
      else counter.keys += 1;
    });
    await page.addInitScript(COUNT_EVENTS);
    return counter;
  }

  async during(work: () => Promise<void>): Promise<JobCost> {
    await this.settle();
    const [clicks, keys, begun] = [this.clicks, this.keys, performance.now()];
    await work();
    const seconds = (performance.now() - begun) / 1_000;
    await this.settle();
    return { clicks: this.clicks - clicks, keys: this.keys - keys, seconds };
  }

  /** Until what the page has counted so far has arrived here: calls from a page come in their order. */
  private async settle(): Promise<void> {
    await this.page.evaluate('null');
  }
}

/** Presses Tab until this has the focus, as one does who has no mouse. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${String(target)}`);
}

/** The clicks by mouse and the jobs, as docs/page.md names them; nothing else in its table is the same in each run. */
export async function documentedClicks(): Promise<Record<string, number>> {
  const lines = tableIn(await readFile(DOCUMENT, 'utf8')).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, job, clicks] = /^\| ([^|]+) \| (\d+) clicks?\b/.exec(line) ?? [];
      return job === undefined ? [] : [[job, Number(clicks)] as const];
    }),
  );
}

/** Puts the results into the table of docs/page.md, in place of those before. */
export async function documentJobs(results: readonly JobCosts[]): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const lines = results.map(
    ({ job, mouse, keyboard }) =>
      `| ${job} | ${counted(mouse.clicks, 'click')}${mouse.keys > 0 ? `, ${counted(mouse.keys, 'key')} typed` : ''} | ` +
      `${counted(keyboard.keys, 'key')} | ${mouse.seconds.toFixed(1)} / ${keyboard.seconds.toFixed(1)} |\n`,
  );
  await writeFile(DOCUMENT, text.replace(tableIn(text), `${HEAD}${lines.join('')}`));
}

function tableIn(text: string): string {
  const begin = text.indexOf(HEAD, text.indexOf(HEADING));
  if (begin === -1) throw new Error(`docs/page.md has no table under "${HEADING.trim()}"`);
  const end = text.indexOf('\n\n', begin);
  return text.slice(begin, end === -1 ? text.length : end + 1);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
