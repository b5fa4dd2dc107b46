/** The words of the view of orphans. */
export const ORPHANS = {
  title: 'Orphans',
  what: 'Instances at Novita that were not made here. They cost money, and nothing here stops them until they are adopted.',
  failed: 'The orphans could not be read.',
  none: 'Everything at Novita is managed here.',
  noneHint: 'What somebody makes elsewhere appears here after the next sync.',
  noneIgnored: 'Nothing is ignored.',
  noneIgnoredHint: 'What you ignore is kept here, and can be listed again.',
  listed: 'To decide',
  ignored: 'Ignored',
  lists: 'Lists of orphans',
  adopt: 'Adopt',
  ignore: 'Ignore',
  unignore: 'List again',
  columns: {
    name: 'Name',
    status: 'Status',
    kind: 'What it is',
    gpu: 'GPU',
    region: 'Region',
    price: 'Price',
    since: 'Made',
    ignored: 'Ignored',
    actions: 'Actions',
  },
  /** @type {Readonly<Record<import('../net/api-types.js').OrphanView['class'], string>>} */
  classes: {
    'ours-lost': 'Made here, its record was lost',
    foreign: 'Of another fleet',
    unknown: 'Made at Novita',
  },
  missing: 'Missing from the latest listing',
  select: 'Select',
  selectAll: 'Select all that are shown',
  selectEach: 'Select all',
  bar: 'Commands for the orphans',
  /** @param {string} verb @param {string} count */
  these: (verb, count) => `${verb} ${count}…`,
  /** @param {string} verb @param {string} count */
  all: (verb, count) => `${verb} all ${count}…`,
  /** @param {string} count @param {string} sum */
  selected: (count, sum) => `${count} selected, ${sum}`,
  clear: 'Clear',
  /** @param {string} shown @param {string} total */
  part: (shown, total) => `The ${shown} made last of ${total} are shown.`,
  /** @param {string} count such as `3 instances` */
  wereListed: (count) => `Listed again: ${count}.`,
  /** @param {string} count @param {string} why */
  notListed: (count, why) => `Not listed again: ${count}. ${why}`,
  /** @param {string} perHour @param {string} perDay */
  cost: (perHour, perDay) => `${perHour}, ${perDay} a day`,
};
