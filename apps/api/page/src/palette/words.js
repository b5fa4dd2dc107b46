/** The words of the command palette and of the keys. */
export const PALETTE = {
  title: 'Search and commands',
  open: 'Search and commands',
  /** @param {boolean} isMac */
  shortcut: (isMac) => (isMac ? '⌘ K' : 'Ctrl K'),
  input: 'Search instances, views and commands',
  placeholder: 'Name, id, view or command; such as stop llama',
  results: 'What was found',
  groups: { views: 'Views', commands: 'Commands', instances: 'Instances' },
  /** @param {string} view */
  goTo: (view) => `Go to ${view}`,
  /** @param {string} action @param {string} name */
  ofInstance: (action, name) => `${action} · ${name}`,
  searching: 'Searching …',
  nothing: 'Nothing has this in its name.',
  /** @param {string} cause */
  failed: (cause) => `The instances could not be searched. ${cause}`,
  /** @param {number} count */
  found: (count) => (count === 1 ? '1 result' : `${count} results`),
  keysOfList: 'Up and down choose, Enter opens, Escape closes.',
};

export const KEYS = {
  title: 'Keys',
  menu: 'Keys',
  everywhere: 'Everywhere',
  list: 'In a list',
  views: 'Views',
  /** @type {Readonly<Record<'palette' | 'search' | 'help' | 'create' | 'next' | 'previous' | 'select' | 'open', string>>} */
  does: {
    palette: 'Search instances, views and commands',
    search: 'Search the instances',
    help: 'Show these keys',
    create: 'Create an instance',
    next: 'Next row',
    previous: 'Previous row',
    select: 'Select the row, or leave it',
    open: 'Open the row',
  },
  single: 'Keys without Ctrl or Cmd',
  singleHint: 'Switch them off when you speak to the computer, or press keys by mistake. Remembered in this browser.',
};
