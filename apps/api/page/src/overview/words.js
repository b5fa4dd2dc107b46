/** The words of the overview. */
export const OVERVIEW = { title: 'Overview' };
