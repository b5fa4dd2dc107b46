import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Those for everybody: axe knows a stricter one besides. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
/** The one that the builder brings, in a third of its size. */
const AXE = createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js');

export interface Look {
  /** Selectors of what is to be looked at alone, where the rest has been looked at before; each must be there. */
  readonly within?: string | readonly string[] | undefined;
  /** Colours alone, when all else was looked at in other ones. */
  readonly onlyColours?: boolean;
}

/**
 * What axe finds wrong with a page as it stands: each violation in words, with where it is.
 *
 * @returns none when all is well; each begins with how bad it is, `serious` or `critical` among others
 */
export async function violationsOf(
  page: Page,
  { within = [], onlyColours = false }: Look = {},
): Promise<readonly string[]> {
  // The builder would send it anew for each look, and twice; what was sent before is still there.
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(await readFile(AXE, 'utf8'));
  const axe = new AxeBuilder({ page, axeSource: 'void 0' });
  axe.options({ resultTypes: ['violations'] });
  // Otherwise it opens a further page for each result, for the sake of frames that this page has not.
  axe.setLegacyMode();
  for (const part of [within].flat()) axe.include(part);
  if (onlyColours) axe.withRules(COLOUR_RULES);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => {
      const why = failureSummary.split('\n').slice(1).join(' ').trim();
      return `${impact ?? 'minor'}: ${help} (${id}) at ${target.join(' ')}: ${why}`;
    }),
  );
}
