import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Those for everybody: axe knows a stricter one besides. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

export interface Look {
  /** Selector of what is to be looked at alone, where the rest has been looked at before. */
  readonly within?: string | undefined;
  /** Colours alone, when all else was looked at in other ones. */
  readonly onlyColours?: boolean;
}

/**
 * What axe finds wrong with a page as it stands: each violation in words, with where it is.
 *
 * @returns none when all is well; each begins with how bad it is, `serious` or `critical` among others
 */
export async function violationsOf(page: Page, { within, onlyColours = false }: Look = {}): Promise<readonly string[]> {
  // It would be sent anew for each look, half a megabyte, and twice; what was sent before is still there.
  const isThere = await page.evaluate<boolean>('"axe" in globalThis');
  const axe = new AxeBuilder({ page, ...(isThere && { axeSource: 'void 0' }) });
  axe.options({ resultTypes: ['violations'] });
  // Otherwise it opens a further page for each result, for the sake of frames that this page has not.
  axe.setLegacyMode();
  if (within !== undefined) axe.include(within);
  if (onlyColours) axe.withRules(COLOUR_RULES);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => {
      const why = failureSummary.split('\n').slice(1).join(' ').trim();
      return `${impact ?? 'minor'}: ${help} (${id}) at ${target.join(' ')}: ${why}`;
    }),
  );
}
