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
    case 'price': {
      const { usdPerHour: perHour, place, missingIn, cheaper } = expected;
      const missing = missingIn === '' ? '' : ` None can be had in ${missingIn}.`;
      const other = cheaper === null ? '' : ` ${cheaper.name} has it for ${usdPerHour(cheaper.usdPerHour)}.`;
      return `Total: ${usdPerHour(perHour)} in ${place}, which is ${usd(perHour * HOURS_PER_DAY)} a day.${missing}${other}${note}`;
    }
  }
}
