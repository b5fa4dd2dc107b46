/** The words of the view of one instance. */
export const INSTANCE = {
  title: 'Instance',
  back: 'Instances',
  asOf: 'As of ',
  happened: 'What happened',
  nothing: 'Nothing is written down yet.',
  notFound: 'There is no such instance.',
  notFoundHint: 'It may have been removed, or the address is not complete.',
};
