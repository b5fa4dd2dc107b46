import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * What axe finds wrong with a page as it stands: each violation in words, with where it is.
 *
 * @param within selector of what is to be looked at alone, where the rest has been looked at before
 * @returns none when all is well; each begins with how bad it is, `serious` or `critical` among others
 */
export async function violationsOf(page: Page, within?: string): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  // Otherwise it opens a further page for each result, for the sake of frames that this page has not.
  axe.setLegacyMode();
  const { violations } = await (within === undefined ? axe : axe.include(within)).analyze();
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => {
      const why = failureSummary.split('\n').slice(1).join(' ').trim();
      return `${impact ?? 'minor'}: ${help} (${id}) at ${target.join(' ')}: ${why}`;
    }),
  );
}
