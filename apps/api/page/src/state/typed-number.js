export const DIGITS_HINT =
  'Write it in digits, with a point for a fraction, without commas, units and blanks. 1.500 could be 1500 or 1.5: write one of them.';

/** In half of the world the point parts thousands: what could be either is asked for again, not taken for the smaller one. */
const THOUSANDS = /^[1-9]\d{0,2}(\.\d{3})+$/;

/**
 * The number that somebody wrote out in digits; NaN for all else. Stricter than `Number`, which takes `1e3` and `0x10`,
 * and than a control of type `number`, which hands on what it cannot read as if nothing had been entered.
 *
 * @param {string} typed
 */
export function typedNumber(typed) {
  const text = typed.trim();
  return /^\d+(\.\d+)?$/.test(text) && !THOUSANDS.test(text) ? Number(text) : Number.NaN;
}
