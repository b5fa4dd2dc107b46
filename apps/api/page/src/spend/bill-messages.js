/**
 * What the view of the money says of Novita's bill. All pure.
 */

import { ago, usd } from '../ui/format.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../net/api-types.js').BillView} Bill
 * @typedef {import('../net/api-types.js').BillDayView} BillDay
 */

/**
 * What Novita has billed, and how it differs from what was counted.
 *
 * @param {Pick<BillDay, 'billedUsd' | 'differenceUsd' | 'differencePercent' | 'differs' | 'unknown'>} day
 * @returns {{readonly billed: string, readonly difference: string, readonly tone: 'warn' | null}}
 */
export function billedText({ billedUsd, differenceUsd, differencePercent, differs, unknown }) {
  if (billedUsd === null || differenceUsd === null || differencePercent === null) {
    return { billed: SPEND.billUnknown[unknown ?? 'not-billed-yet'], difference: '', tone: null };
  }
  return {
    billed: usd(billedUsd),
    difference:
      differencePercent === 0
        ? SPEND.billSame
        : SPEND.billDifference(signed(differenceUsd), percentOf(differencePercent)),
    tone: differs === true ? 'warn' : null,
  };
}

/**
 * When the bill was read, and whether it could be.
 *
 * @param {Pick<Bill, 'enabled' | 'lastRun'>} bill
 * @param {number} nowMs
 */
export function billNote({ enabled, lastRun }, nowMs) {
  if (lastRun === undefined) return enabled ? SPEND.billNotRead : SPEND.billOff;
  const when = ago(lastRun.at, nowMs);
  return lastRun.error === undefined ? SPEND.billRead(when) : SPEND.billFailed(when);
}

/** Such as `+$1.60`. @param {number} amount USD */
function signed(amount) {
  return amount < 0 ? `−${usd(-amount)}` : `+${usd(amount)}`;
}

/** @param {number} percent */
function percentOf(percent) {
  return `${Math.abs(percent)} %`;
}
