import { acceptWeight } from './accept-weight.js';

/** Whether a client would rather have a page than JSON, by its `Accept` header (RFC 9110, 12.5.1). No header: JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const html = Math.max(acceptWeight(accept, 'text/html'), acceptWeight(accept, 'application/xhtml+xml'));
  const json = Math.max(acceptWeight(accept, 'application/json'), acceptWeight(accept, 'application/problem+json'));
  return html > 0 && html >= json;
}
