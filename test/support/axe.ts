import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Those for everybody: axe knows a stricter one besides. They take most of its time. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
/** The one that the builder brings, in a third of its size. */
const AXE = createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js');
/** Of these rules alone: not what `mark-alike.js` has marked, in a part of the page that is marked all within it is too. */
const JUDGED_ONCE = `axe.configure({
  rules: [
    { id: 'color-contrast', selector: '*:not([data-looks-alike])' },
    { id: 'link-in-text-block', selector: 'a[href]:not([data-looks-alike])' },
  ],
})`;
const MARK_ALIKE = join(import.meta.dirname, 'in-page', 'mark-alike.js');

export interface Look {
  /** Selectors of what is to be looked at alone, where the rest has been looked at before; each must be there. */
  readonly within?: string | readonly string[] | undefined;
  /** Colours alone, when all else was looked at in other ones. */
  readonly onlyColours?: boolean;
}

/**
 * What axe finds wrong with a page as it stands: each violation in words, with where it is. The colours of parts that look
 * alike, such as two rows in the same state, are judged once.
 *
 * @returns none when all is well; each begins with how bad it is, `serious` or `critical` among others
 */
export async function violationsOf(
  page: Page,
  { within = [], onlyColours = false }: Look = {},
): Promise<readonly string[]> {
  // The builder would send it anew for each look, and twice; what was sent before is still there.
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) {
    await page.evaluate(await readFile(AXE, 'utf8'));
    await page.evaluate(JUDGED_ONCE);
  }
  await page.evaluate(await readFile(MARK_ALIKE, 'utf8'));
  const axe = new AxeBuilder({ page, axeSource: 'void 0' });
  // No sound or film is here to be loaded before; for these alone it would read all styles each time.
  axe.options({ resultTypes: ['violations'], preload: false });
  if (onlyColours) axe.withRules(COLOUR_RULES);
  // Otherwise it opens a further page for each result, for the sake of frames that this page has not.
  axe.setLegacyMode();
  for (const part of [within].flat()) axe.include(part);
  const found: string[] = [];
  const { violations } = await axe.analyze();
  for (const { id, impact, help, nodes } of violations) {
    for (const { target, failureSummary = '' } of nodes) {
      const why = failureSummary.split('\n').slice(1).join(' ').trim();
      found.push(`${impact ?? 'minor'}: ${help} (${id}) at ${target.join(' ')}: ${why}`);
    }
  }
  return found;
}
