/**
 * The preference `min-fresh=SECONDS` of a `Prefer` header (RFC 7240). A preference that cannot be read is ignored, as
 * the RFC asks.
 *
 * @returns whole seconds, or null when it is not asked for
 */
export function minFreshSeconds(header: string | readonly string[] | undefined): number | null {
  if (header === undefined) return null;
  const preferences = (typeof header === 'string' ? header : header.join(',')).split(',');
  for (const preference of preferences) {
    const match = /^\s*min-fresh\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference);
    if (match !== null) return Number(match[1]);
  }
  return null;
}
