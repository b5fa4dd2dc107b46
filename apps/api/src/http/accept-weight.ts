/**
 * The weight that an `Accept` or `Accept-Encoding` header gives to exactly this (RFC 9110, 12.4.2); ranges such as any
 * type at all say nothing in favour of anything.
 *
 * @param name in lower case
 * @returns 0 when it is not named, or refused
 */
export function acceptWeight(header: string, name: string): number {
  for (const part of header.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (range !== name) continue;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  }
  return 0;
}
