/** Whether a client would rather have a page than JSON, by its `Accept` header (RFC 9110, 12.5.1). No header: JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const html = Math.max(quality(accept, 'text/html'), quality(accept, 'application/xhtml+xml'));
  const json = Math.max(quality(accept, 'application/json'), quality(accept, 'application/problem+json'));
  return html > 0 && html >= json;
}

/** The weight of exactly this media type; ranges such as any type at all say nothing in favour of either. */
function quality(accept: string, mediaType: string): number {
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (range !== mediaType) continue;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  }
  return 0;
}
