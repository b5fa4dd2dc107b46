/**
 * What somebody has to type to show that they mean this very instance. A name that nobody could type (empty, or blanks
 * alone) is asked for by a word instead.
 *
 * @param {string} name
 */
export function confirmationWord(name) {
  return plain(name) === '' ? 'delete' : plain(name);
}

/**
 * @param {string} typed
 * @param {string} word what was asked for
 */
export function isConfirmed(typed, word) {
  return plain(typed) === plain(word);
}

/** What cannot be seen on a page, such as how many blanks there are, need not be typed. @param {string} text */
function plain(text) {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
