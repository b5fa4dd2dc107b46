import { describe, expect, it } from 'vitest';
import { readBillLine } from './read-bill.js';
import { UnreadableItemError } from './read-value.js';

/** As documented: some numbers are texts, and some are not. */
const LINE = {
  userId: 'u',
  startTime: '1764547200',
  endTime: '1764633599',
  billingMethod: 1,
  ownerID: '0123456789abcdef',
  amount: '84000',
  voucherAmount: '24000',
  payAmount: '60000',
  payAmountDisplay: 6,
  pricePrecision: 1,
};

describe('a line of the bill', () => {
  it('is read in dollars, before vouchers, by instance and day of UTC', () => {
    expect(readBillLine(LINE)).toEqual({
      instanceId: '0123456789abcdef',
      from: '2025-12-01T00:00:00.000Z',
      to: '2025-12-01T23:59:59.000Z',
      amountUsd: 8.4,
    });
  });

  it.each([
    ['all of it as texts', { payAmountDisplay: '6.00', pricePrecision: '1', billingMethod: '1' }, 8.4],
    ['without what is displayed', { payAmountDisplay: undefined, pricePrecision: '' }, 8.4],
    [
      'a precision that what is displayed agrees with',
      { amount: '8400000', payAmount: '6000000', pricePrecision: 100 },
      8.4,
    ],
    ['cents of rounding', { amount: '35', payAmount: '35', payAmountDisplay: 0 }, 0.0035],
    ['an amount that is taken back', { amount: '-35000', payAmount: '-35000', payAmountDisplay: -3.5 }, -3.5],
    ['another unit than is displayed', { amount: '840000', payAmount: '600000' }, null],
    ['a precision that what is displayed contradicts', { pricePrecision: 100 }, null],
    ['no amount', { amount: 'much' }, null],
    ['no precision that could be', { pricePrecision: 0 }, null],
  ])('with %s', (_what, members, amountUsd) => {
    expect(readBillLine({ ...LINE, ...members }).amountUsd).toBe(amountUsd);
  });

  it.each([{ ownerID: '' }, { startTime: '0' }, { endTime: 'soon' }])('without %o is none', (members) => {
    expect(() => readBillLine({ ...LINE, ...members })).toThrow(UnreadableItemError);
  });
});
