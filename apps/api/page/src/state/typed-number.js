export const DIGITS_HINT = 'Write it in digits, with a point for a fraction, without commas, units and blanks.';

/**
 * The number that somebody wrote out in digits; NaN for all else. Stricter than `Number`, which takes `1e3` and `0x10`,
 * and than a control of type `number`, which hands on what it cannot read as if nothing had been entered.
 *
 * @param {string} typed
 */
export function typedNumber(typed) {
  return /^\d+(\.\d+)?$/.test(typed.trim()) ? Number(typed) : Number.NaN;
}
