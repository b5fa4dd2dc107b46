/** What a client accepts. */

export const JSON_TYPE = 'application/json; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';

/** Whether a client would rather have a page than JSON, by its `Accept` header (RFC 9110, 12.5.1). No header: JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const html = Math.max(acceptWeight(accept, 'text/html'), acceptWeight(accept, 'application/xhtml+xml'));
  const json = Math.max(acceptWeight(accept, 'application/json'), acceptWeight(accept, 'application/problem+json'));
  return html > 0 && html >= json;
}

/**
 * The weight that an `Accept` or `Accept-Encoding` header gives to exactly this (RFC 9110, 12.4.2). A range such as any
 * type at all counts for nothing.
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
