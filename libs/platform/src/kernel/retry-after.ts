const IMF_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3).
 * @param nowMs milliseconds since 1970
 * @param longestMs what a longer wait is cut to, however many digits it has
 * @returns milliseconds from now, 0 for a date gone by; null when absent or invalid
 */
export function parseRetryAfter(header: string | null, nowMs: number, longestMs: number): number | null {
  const text = header?.trim() ?? '';
  let waitMs: number;
  if (/^\d+$/.test(text)) waitMs = Number(text) * 1_000;
  else if (IMF_DATE.test(text)) waitMs = Date.parse(text) - nowMs;
  else return null;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), longestMs);
}
