/** The words of the parts that every view uses. */
export const UI = {
  loading: '…',
  notKnown: 'not known',
  notKnownYet: 'Not known yet.',
  tryAgain: 'Try again',
  /** @param {string} age such as `3 min ago` */
  shownFrom: (age) => `Shown is what was read ${age}.`,
};
