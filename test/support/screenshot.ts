import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from './built-process.js';

/** For whoever looks into it; `npm run screenshots` takes those from here that the documents show. */
const FOLDER = join(ROOT, 'dist', 'screenshots');

/**
 * Takes a screenshot of the visible part of a page.
 *
 * @returns its size in bytes
 */
export async function takeScreenshot(page: Page, name: string): Promise<number> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  return (await stat(path)).size;
}
