import { usd, usdPerHour } from '../../format/money.js';

const HOURS_PER_DAY = 24;

/**
 * What a create would cost, per hour and per day.
 *
 * @param {import('../../state/offers.js').Expected} expected
 * @param {import('../../http/action-types.js').BillingMode} billingMode
 */
export function priceWords(expected, billingMode) {
  const note = billingMode === 'monthly' ? ' It is paid by the month, in advance.' : '';
  switch (expected.kind) {
    case 'none':
      return expected.reason;
    case 'exact': {
      const elsewhere =
        expected.elsewhere === '' ? '' : ` None is free in the region, so it would be made in ${expected.elsewhere}.`;
      return `Total: ${usdPerHour(expected.usdPerHour)}, which is ${usd(expected.usdPerHour * HOURS_PER_DAY)} a day.${elsewhere}${note}`;
    }
    case 'range': {
      const perDay = `${usd(expected.fromUsd * HOURS_PER_DAY)} to ${usd(expected.toUsd * HOURS_PER_DAY)} a day`;
      return `Total: ${usdPerHour(expected.fromUsd)} to ${usdPerHour(expected.toUsd)}, by region; ${perDay}.${note}`;
    }
  }
}
