import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { ROOT } from './built-process.js';
import { until } from './until.js';

/** What kept a page from answering during some time; milliseconds. */
export interface Strain {
  /** Tasks of more than 50 ms, as the browser reports them. */
  readonly longTasks: readonly number[];
  /** From a press to the frame that shows what came of it; only those from 16 ms on. */
  readonly clicks: readonly number[];
  /** How late a timer was, looked at every 20 ms. */
  readonly lags: readonly number[];
  /** From one frame to the next. */
  readonly gaps: readonly number[];
}

export interface Fetched {
  readonly path: string;
  /** With headers, as they came. */
  readonly bytes: number;
}

/** What a page holds. */
export interface PageMemory {
  readonly heapMb: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Measures inside a page. */
export class PageProbe {
  private constructor(private readonly page: Page) {}

  /** @param page that has not been anywhere yet */
  static async in(page: Page): Promise<PageProbe> {
    await page.addInitScript({ path: join(ROOT, 'test', 'support', 'in-page', 'page-probe.js') });
    return new PageProbe(page);
  }

  /** How long after the navigation began rows and the search field were on the screen; milliseconds. */
  async usableAfter(): Promise<number> {
    return until('the page can be used', () => this.page.evaluate<number | null>('pageProbe.usableAtMs'));
  }

  /** What was asked for until then, the page itself aside. */
  async fetched(): Promise<readonly Fetched[]> {
    return this.page.evaluate<readonly Fetched[]>('pageProbe.fetched()');
  }

  /** What strained the page while something was done to it, and what came of that. */
  async during<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly strain: Strain }> {
    await this.page.evaluate('pageProbe.begin()');
    const result = await work();
    return { result, strain: await this.page.evaluate<Strain>('pageProbe.end()') };
  }
}

/**
 * What a page holds once its garbage was collected.
 *
 * @param session of the page, with `Performance` enabled
 */
export async function memoryOf(session: CDPSession): Promise<PageMemory> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const read = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heapMb: read('JSHeapUsedSize') / 1e6, nodes: read('Nodes'), listeners: read('JSEventListeners') };
}

/** The value below which so many of them are; 0 when there are none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
