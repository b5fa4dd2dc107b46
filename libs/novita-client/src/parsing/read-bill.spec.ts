import { describe, expect, it } from 'vitest';
import { contradictsUnit, linesInDollars, readBillLine } from './read-bill.js';
import { type Fields, UnreadableItemError } from './read-value.js';

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

/** The amounts of a bill of these lines, each like `LINE` but for what is given. */
function amountsOf(...lines: Fields[]): readonly (number | null)[] {
  return linesInDollars(lines.map((members) => readBillLine({ ...LINE, ...members }))).map(
    ({ amountUsd }) => amountUsd,
  );
}

describe('a line of the bill', () => {
  it('is read in dollars, before vouchers, by instance and day of UTC', () => {
    expect(linesInDollars([readBillLine(LINE)])).toEqual([
      {
        instanceId: '0123456789abcdef',
        from: '2025-12-01T00:00:00.000Z',
        to: '2025-12-01T23:59:59.000Z',
        amountUsd: 8.4,
      },
    ]);
  });

  it.each([
    ['all of it as texts', { payAmountDisplay: '6.00', pricePrecision: '1', billingMethod: '1' }, 8.4],
    [
      'a precision that what is displayed agrees with',
      { amount: '8400000', payAmount: '6000000', pricePrecision: 100 },
      8.4,
    ],
    ['an amount that is taken back', { amount: '-35000', payAmount: '-35000', payAmountDisplay: -3.5 }, -3.5],
    ['a display rounded to five cents', { amount: '453', payAmount: '453', payAmountDisplay: '0.05' }, 0.0453],
    ['no amount', { amount: 'much' }, null],
    ['no precision that could be', { pricePrecision: 0 }, null],
  ])('with %s', (_what, members, amountUsd) => {
    expect(amountsOf(members)).toEqual([amountUsd]);
  });

  it.each([{ ownerID: '' }, { startTime: '0' }, { endTime: 'soon' }])('without %o is none', (members) => {
    expect(() => readBillLine({ ...LINE, ...members })).toThrow(UnreadableItemError);
  });
});

describe('the unit of a bill', () => {
  const BY_VOUCHER = { voucherAmount: '84000', payAmount: '0', payAmountDisplay: 0 };
  const UNDER_A_CENT = { amount: '35', payAmount: '35', payAmountDisplay: 0 };
  const NOT_DISPLAYED = { payAmountDisplay: undefined };
  const silent = [
    ['was paid by voucher', BY_VOUCHER, 8.4],
    ['comes to less than a cent', UNDER_A_CENT, 0.0035],
    ['displays a cent', { amount: '100', payAmount: '100', payAmountDisplay: 0.01 }, 0.01],
    ['displays no dollars', NOT_DISPLAYED, 8.4],
    ['says nothing of what was paid', { payAmount: '' }, 8.4],
  ] as const;

  it.each(silent)('is not shown by a line that %s', (_what, members) => {
    expect(amountsOf(members, members)).toEqual([null, null]);
    expect(contradictsUnit([readBillLine({ ...LINE, ...members })])).toBe(false);
  });

  it.each(silent)('is that of another line where one %s', (_what, members, amountUsd) => {
    expect(amountsOf(members, {})).toEqual([amountUsd, 8.4]);
  });

  it.each([
    ['another unit', { amount: '840000', payAmount: '600000' }],
    ['another precision', { pricePrecision: 100 }],
    ['nothing displayed for what was paid', { payAmountDisplay: 0 }],
  ])('is not known of any line while one shows %s', (_what, members) => {
    expect(amountsOf({}, members, {})).toEqual([null, null, null]);
    expect(contradictsUnit([LINE, { ...LINE, ...members }].map(readBillLine))).toBe(true);
  });
});
