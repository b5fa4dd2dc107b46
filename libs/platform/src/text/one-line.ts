/**
 * Makes text of outside origin safe for a log line or a header value: printable ASCII only, in one line.
 * Runs of blanks and control characters become one space, other characters `?`.
 * @param maxLength longest result; a longer text is cut and ends in `...`
 */
export function oneLine(text: string, maxLength = 2_000): string {
  // A text of megabytes is cut before the patterns run over it.
  const line = text
    .slice(0, maxLength * 4)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  if (line.length <= maxLength) return line;
  return maxLength <= 3 ? line.slice(0, maxLength) : `${line.slice(0, maxLength - 3)}...`;
}
