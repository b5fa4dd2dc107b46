/**
 * What the command palette offers for what was typed. It shows views and commands of the page at once, and the instances
 * that the service finds.
 */

/**
 * @typedef {object} PaletteItem
 * @property {string} text
 * @property {string} [note] said more quietly beside it
 * @property {string} [status] of an instance
 * @property {() => void} run
 *
 * @typedef {object} Query what was typed
 * @property {string} text
 * @property {string} search what instances are searched for; empty for nothing
 * @property {string} verb the command that was asked for by its first word; empty for none
 */

/** What the service takes of a search. */
const LONGEST_SEARCH = 200;

/**
 * `stop llama` asks for the commands whose text begins with that word, for the instances that hold the rest.
 *
 * Further words of the command may be typed too, as in `keep busy llama`.
 *
 * @param {string} typed
 * @param {readonly string[]} commands their texts
 * @returns {Query}
 */
export function readQuery(typed, commands) {
  const text = typed.trim().replace(/\s+/g, ' ');
  const words = text.split(' ');
  const command = words.length < 2 ? undefined : commands.find((known) => verbOf(known) === words[0]?.toLowerCase());
  const search = command === undefined ? text : words.slice(lengthOf(command, words)).join(' ');
  return { text, search: search.slice(0, LONGEST_SEARCH), verb: command === undefined ? '' : verbOf(command) };
}

/**
 * How many of the typed words are those of the command; the last is always part of a name.
 *
 * @param {string} command
 * @param {readonly string[]} words
 */
function lengthOf(command, words) {
  const own = command.split(' ').map(verbOf);
  const other = words.findIndex((word, index) => word.toLowerCase() !== own[index]);
  return Math.min(other === -1 ? words.length : other, words.length - 1);
}

/** The first word of a command's text: `keep` of `Keep busy for…`. @param {string} text */
export function verbOf(text) {
  return (text.split(' ')[0] ?? '').replace(/[…?]/g, '').toLowerCase();
}

/**
 * Those whose text holds every word that was typed, the beginning of a word each; those that begin with it first.
 *
 * @template {{readonly text: string}} Item
 * @param {readonly Item[]} items
 * @param {string} text
 * @returns {readonly Item[]}
 */
export function matching(items, text) {
  const words = text.toLowerCase().split(' ').filter(Boolean);
  const found = items.filter((item) => {
    const parts = item.text.toLowerCase().split(/[\s·]+/);
    return words.every((word) => parts.some((part) => part.startsWith(word)));
  });
  const begins = (/** @type {Item} */ item) => Number(item.text.toLowerCase().startsWith(text.toLowerCase()));
  return found.toSorted((a, b) => begins(b) - begins(a));
}
