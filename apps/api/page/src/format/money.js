const CENTS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const FINE = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 3 });

/** @param {number} amount USD */
export function usd(amount) {
  return CENTS.format(amount);
}

/** Prices per hour are often a fraction of a cent apart. @param {number | undefined} perHour USD */
export function usdPerHour(perHour) {
  return perHour === undefined ? 'price unknown' : `${FINE.format(perHour)}/h`;
}
