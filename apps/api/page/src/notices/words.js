/** The words of the notifications that the browser shows. */
export const NOTICES = {
  /** @param {string} name */
  title: (name) => `Notifications about ${name}`,
  lead: 'Your browser shows a notification when this happens, as long as this page is open in some tab.',
  legend: 'Show a notification when it',
  /** @type {Readonly<Record<import('./notice-rules.js').NoticeKind, string>>} */
  kinds: {
    ready: 'becomes ready',
    failed: 'fails',
    stopping: 'is about to be stopped for standing unused',
  },
  submit: 'Save',
  saved: {
    /** @param {string} name */
    on: (name) => `Notifications about ${name} are on, in this browser.`,
    /** @param {string} name */
    off: (name) => `Notifications about ${name} are off.`,
  },
  denied:
    'This browser does not let this page show notifications. Allow them in its settings for this site, often behind the sign beside the address, and try again.',
  missing: 'This browser shows notifications only of pages that come over https or from this very computer.',
  menu: 'Notifications',
  listTitle: 'Notifications',
  listLead:
    'What this browser shows notifications about. Choose others in the view of an instance, or by the command palette.',
  none: 'There are none. Open an instance and choose “Notify me…”.',
  list: 'Instances with notifications',
  remove: 'Turn off',
  /** @param {string} name */
  removeRest: (name) => ` for ${name}`,
  /** @type {Readonly<Record<import('./notice-rules.js').NoticeKind, (name: string) => string>>} */
  shown: {
    ready: (name) => `${name} is ready`,
    failed: (name) => `${name} failed`,
    stopping: (name) => `${name} is about to be stopped`,
  },
  readyText: 'It answers, and can be used.',
  failedText: 'Its view says why.',
  stoppingText: 'It stands unused. Use it, or keep it busy, and it runs on.',
};
