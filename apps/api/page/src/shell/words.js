/** The words of the frame around every view. */

export const SHELL = {
  product: 'novita-fleet',
  skip: 'Skip to the content',
  views: 'Views',
  sandbox: 'Sandbox',
  sandboxRest: ': nothing is real or billed',
  sandboxHint: 'No machine and no dollar here is real. A sandbox answers in place of Novita.',
  healthOf: 'Health: ',
  healthDetails: 'How the service is',
  freshnessOf: 'Data: ',
  freshnessDetails: 'How fresh the data is',
  readAnew: 'Read everything anew',
  wasRead: 'Everything was read anew.',
  wasNotRead: 'Not everything could be read anew.',
  /** @param {string} progress */
  syncing: (progress) => `Sync: ${progress}`,
  /** @param {number} count */
  attention: (count) => (count === 1 ? '1 needs attention' : `${count} need attention`),
  routing: {
    notFound: 'There is no such page.',
    home: 'To the instances',
    failed: 'This view could not be loaded. A newer version of the page may be there.',
    again: 'Load the page again',
  },
};
