/**
 * Whether a text that somebody else chose may become a link: any other scheme could run a program.
 *
 * @param {string} text
 */
export function isWebAddress(text) {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}
