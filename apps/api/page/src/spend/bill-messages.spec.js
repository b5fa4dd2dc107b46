import { describe, expect, it } from 'vitest';
import { billedText, billNote } from './bill-messages.js';
import { SPEND } from './words.js';

const COMPARED = { billedUsd: 14.1, differenceUsd: 1.6, differencePercent: 11.3, differs: true };
const NOT_KNOWN = { billedUsd: null, differenceUsd: null, differencePercent: null, differs: null };

describe("what is said of a day of Novita's bill", () => {
  it('is the amount and the difference, with a tone when that is too much', () => {
    expect(billedText(COMPARED)).toEqual({ billed: '$14.10', difference: '+$1.60, 11.3 %', tone: 'warn' });
    const less = { ...COMPARED, differenceUsd: -0.5, differencePercent: -3.4, differs: false };
    expect(billedText(less)).toEqual({ billed: '$14.10', difference: '−$0.50, 3.4 %', tone: null });
    const same = { ...COMPARED, differenceUsd: 0.001, differencePercent: 0, differs: false };
    expect(billedText(same).difference).toBe(SPEND.billSame);
  });

  it.each(/** @type {const} */ (['not-billed-yet', 'incomplete', 'unreadable', 'not-counted', 'no-record']))(
    'is why it is not known, and no amount: %s',
    (unknown) => {
      const said = billedText({ ...NOT_KNOWN, unknown });
      expect(said).toEqual({ billed: SPEND.billUnknown[unknown], difference: '', tone: null });
      expect(said.billed).not.toContain('$');
    },
  );

  it('says when the bill was read, and whether it could be', () => {
    const now = Date.parse('2026-03-02T13:05:00.000Z');
    const lastRun = { at: '2026-03-02T13:00:00.000Z', trigger: /** @type {const} */ ('schedule') };
    expect(billNote({ enabled: true }, now)).toBe(SPEND.billNotRead);
    expect(billNote({ enabled: false }, now)).toBe(SPEND.billOff);
    expect(billNote({ enabled: true, lastRun }, now)).toBe(SPEND.billRead('5 min ago'));
    expect(billNote({ enabled: true, lastRun: { ...lastRun, error: 'x' } }, now)).toBe(SPEND.billFailed('5 min ago'));
  });
});
