const COUNT = new Intl.NumberFormat('en-US');

/** A number of things, such as `10,000`. @param {number} number */
export function countWords(number) {
  return COUNT.format(number);
}
