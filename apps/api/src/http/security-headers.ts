import type { FastifyHelmetOptions } from '@fastify/helmet';

const HTTPS_FOR_A_YEAR = 'max-age=31536000';

/**
 * Of every answer. JSON is no page: it may load nothing, be framed nowhere and be guessed to be nothing else. Fixed, so
 * that the busiest routes do not compute them.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': HTTPS_FOR_A_YEAR,
  'referrer-policy': 'no-referrer',
};

/** Of answers under /api: they differ by key, and are worth keeping only with a look whether they are still true. */
export const API_HEADERS = {
  ...SECURITY_HEADERS,
  'cache-control': 'private, no-cache',
  vary: 'Authorization',
} as const;

/** Of the pages for people. The documentation page sets styles on single elements; scripts come from here alone. */
export const PAGE_HELMET: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
    },
  },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
};
