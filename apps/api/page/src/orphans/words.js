/** The words of the view of orphans. */
export const ORPHANS = {
  title: 'Orphans',
  what: 'Instances that run at Novita and were not made here. Nothing here acts on them until they are adopted.',
  failed: 'The orphans could not be read.',
  none: 'Everything at Novita is managed here.',
  adopt: 'Adopt',
  ignore: 'Ignore',
  columns: { name: 'Name', status: 'Status', gpu: 'GPU', region: 'Region', price: 'Price', actions: 'Actions' },
  /** @param {string} sum such as `$1.20/h` */
  cost: (sum) => `All together ${sum}`,
};
