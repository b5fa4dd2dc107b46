/** The words of the parts that every view uses. */
export const UI = {
  loading: '…',
  notKnown: 'not known',
  notKnownYet: 'Not known yet.',
  tryAgain: 'Try again',
  storeAway: 'It is kept in Redis, which is away, and shown when Redis is back.',
  /** @param {string} age such as `3 min ago` */
  shownFrom: (age) => `Shown is what was read ${age}.`,
  close: 'Close',
  dismiss: 'Dismiss',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  copyByHand: 'Select it by hand',
  /** @param {string} what */
  copyOf: (what) => `Copy ${what}`,
  /** @param {string} one such as `port` */
  add: (one) => `Add ${one}`,
  /** @param {string} label @param {string} one */
  labelOf: (label, one) => `${label} of the ${one}`,
  /** @param {string} one */
  remove: (one) => `Remove this ${one}`,
  digits:
    'Write it in digits, with a point for a fraction, without commas, units and blanks. 1.500 could be 1500 or 1.5: write one of them.',
  /** @param {number} count */
  violations: (count) => (count === 1 ? 'One value needs another look.' : `${count} values need another look.`),
  pasted: {
    trimmed: 'The blanks around it were removed.',
    lineEnds: 'Its Windows line ends became plain ones.',
    oneLine: 'This holds one line: the line breaks of what was pasted are gone. Check it.',
    part: 'Not all that was pasted could be used. Check it.',
  },
};

/** The words around values. */
export const VALUES = {
  /** @param {string} time */
  ago: (time) => `${time} ago`,
  now: 'now',
  /** @param {string} time */
  in: (time) => `in ${time}`,
  instance: 'instance',
  call: 'A call to Novita',
  priceUnknown: 'price unknown',
  /** @param {string} perHour @param {string} perDay */
  total: (perHour, perDay) => `${perHour}, which is ${perDay} a day`,
  unpricedOne: 'instance has no known price',
  unpricedMany: 'instances have no known price',
  /** @type {Readonly<Record<string, string>>} */
  parts: { novita: 'Novita', lifecycle: 'Life cycle', sync: 'Sync', console: "Novita's console" },
  someKey: 'Somebody with a key',
  /** @param {string} name */
  key: (name) => `Key ${name}`,
};
