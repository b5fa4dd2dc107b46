import type { Allowance } from './request-budget.js';

/** `RateLimit-Policy` as the IETF draft "RateLimit header fields for HTTP" writes it: a structured field (RFC 9651). */
export function rateLimitPolicy(policy: string, limit: number, windowSeconds: number): string {
  return `"${policy}";q=${limit};w=${windowSeconds}`;
}

/** `RateLimit` of the same draft: what is left (`r`) for so many seconds (`t`). */
export function rateLimit(policy: string, { remaining, resetSeconds }: Allowance): string {
  return `"${policy}";r=${remaining};t=${resetSeconds}`;
}
