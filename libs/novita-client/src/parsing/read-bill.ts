import type { NovitaBillLine, NovitaInstanceId } from '../novita-types.js';
import { type Fields, instantOf, numberOf, requireText, UnreadableItemError } from './read-value.js';

/** Amounts of the billing surface are in 1/10000 USD while the precision says 1. */
const UNITS_PER_USD = 10_000;
/** What is displayed is rounded to cents. */
const DISPLAY_ROUNDING_USD = 0.01;
/** From here on the rounding cannot hide another unit. */
const PROVING_USD = 0.05;

/** What a line shows of the unit: whether its paid amount agrees with the dollars displayed beside it; null when it shows nothing. */
type UnitSign = 'agrees' | 'contradicts' | null;

/** A line whose amount is in dollars only if the unit of the bill is the assumed one: `linesInDollars` decides that. */
export interface ReadBillLine extends NovitaBillLine {
  readonly unitSign: UnitSign;
}

/**
 * Reads one line of the bill of use.
 * @throws UnreadableItemError
 */
export function readBillLine(item: Fields): ReadBillLine {
  const from = instantOf(item['startTime']);
  const to = instantOf(item['endTime']);
  if (from === null) throw new UnreadableItemError('startTime', 'no time');
  if (to === null) throw new UnreadableItemError('endTime', 'no time');
  return { instanceId: requireText(item, 'ownerID') as NovitaInstanceId, from, to, ...amountOf(item) };
}

/**
 * The lines of one answer. Its unit is not documented, and a line that was paid by voucher, displays no dollars or comes to less than some
 * cents shows nothing of it. So the unit is known only when a line agrees with the dollars displayed and none contradicts them; otherwise
 * no amount is: a bill in another unit is never taken for a hundredfold one.
 */
export function linesInDollars(read: readonly ReadBillLine[]): readonly NovitaBillLine[] {
  const isKnown = read.some(({ unitSign }) => unitSign === 'agrees') && !contradictsUnit(read);
  return read.map(({ instanceId, from, to, amountUsd }) => ({
    instanceId,
    from,
    to,
    amountUsd: isKnown ? amountUsd : null,
  }));
}

/** Whether the answer shows that its unit is another than the assumed one. */
export function contradictsUnit(read: readonly ReadBillLine[]): boolean {
  return read.some(({ unitSign }) => unitSign === 'contradicts');
}

function amountOf(item: Fields): Pick<ReadBillLine, 'amountUsd' | 'unitSign'> {
  const precision = numberOf(item['pricePrecision']) ?? 1;
  if (precision <= 0) return { amountUsd: null, unitSign: null };
  const unitsPerUsd = UNITS_PER_USD * precision;
  const amount = numberOf(item['amount']);
  const paid = numberOf(item['payAmount']);
  const unitSign = paid === null ? null : unitSignOf(paid / unitsPerUsd, numberOf(item['payAmountDisplay']));
  return { amountUsd: amount === null ? null : amount / unitsPerUsd, unitSign };
}

function unitSignOf(paidUsd: number, displayedUsd: number | null): UnitSign {
  if (displayedUsd === null) return null;
  if (Math.abs(paidUsd - displayedUsd) > DISPLAY_ROUNDING_USD + 1e-9) return 'contradicts';
  return Math.abs(displayedUsd) >= PROVING_USD ? 'agrees' : null;
}
