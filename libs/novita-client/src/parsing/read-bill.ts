import type { NovitaBillLine, NovitaInstanceId } from '../novita-types.js';
import { type Fields, instantOf, numberOf, requireText, UnreadableItemError } from './read-value.js';

/** Amounts of the billing surface are in 1/10000 USD while the precision says 1. */
const UNITS_PER_USD = 10_000;
/** What is displayed is rounded to cents. */
const DISPLAY_ROUNDING_USD = 0.01;

/**
 * Reads one line of the bill of use. Its unit is not documented: it is taken for known only while the paid amount agrees with the
 * dollars that Novita displays beside it, so that a bill in another unit is never taken for a hundredfold one.
 * @throws UnreadableItemError
 */
export function readBillLine(item: Fields): NovitaBillLine {
  const from = instantOf(item['startTime']);
  const to = instantOf(item['endTime']);
  if (from === null) throw new UnreadableItemError('startTime', 'no time');
  if (to === null) throw new UnreadableItemError('endTime', 'no time');
  return { instanceId: requireText(item, 'ownerID') as NovitaInstanceId, from, to, amountUsd: amountOf(item) };
}

function amountOf(item: Fields): number | null {
  const precision = numberOf(item['pricePrecision']) ?? 1;
  const amount = numberOf(item['amount']);
  if (amount === null || precision <= 0) return null;
  const unitsPerUsd = UNITS_PER_USD * precision;
  const paid = numberOf(item['payAmount']);
  const displayed = numberOf(item['payAmountDisplay']);
  const agrees =
    paid === null || displayed === null || Math.abs(paid / unitsPerUsd - displayed) <= DISPLAY_ROUNDING_USD + 1e-9;
  return agrees ? amount / unitsPerUsd : null;
}
