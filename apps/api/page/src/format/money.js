const CENTS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const FINE = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 3 });

const WHOLE = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 });
/** From here on cents are noise in a figure that is read at a glance. */
const CENTS_MATTER_BELOW = 1_000;

/** For a glance. @param {number} amount USD */
export function roughUsd(amount) {
  return (Math.abs(amount) < CENTS_MATTER_BELOW ? CENTS : WHOLE).format(amount);
}

/** @param {number} amount USD */
export function usd(amount) {
  return CENTS.format(amount);
}

/** Prices per hour are often a fraction of a cent apart. @param {number | undefined} perHour USD */
export function usdPerHour(perHour) {
  return perHour === undefined ? 'price unknown' : `${FINE.format(perHour)}/h`;
}
