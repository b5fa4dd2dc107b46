/** The words of the view of the money. */
export const SPEND = {
  title: 'Spend',
  failed: 'The spend could not be read.',
  now: 'Now',
  running: 'Running',
  stopped: 'Billed though stopped',
  today: 'Today',
  month: 'This month',
  saved: 'Saved this month',
  byRegion: 'By region',
  byProduct: 'By GPU',
  columns: { what: 'What', perHour: 'USD per hour' },
};
