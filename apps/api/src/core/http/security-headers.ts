import { fastifyHelmet } from '@fastify/helmet';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that answers pages for people, which load styles and scripts: which kind of page. */
    page?: PageKind;
  }
}

/** Of every answer. */
const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
} as const;

/**
 * Of answers that are no pages: they may load nothing, be framed nowhere and be guessed to be nothing else. Fixed, so
 * that the busiest routes do not compute them.
 */
export const SECURITY_HEADERS = {
  ...COMMON_HEADERS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** Of answers under /api: they differ by key, and may be kept only if each use asks whether they are still true. */
export const API_HEADERS = {
  ...SECURITY_HEADERS,
  'cache-control': 'private, no-cache',
  vary: 'Authorization, Accept-Encoding',
} as const;

/** Of pages for people, beside their policy. */
export const PAGE_HEADERS = {
  ...COMMON_HEADERS,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

/**
 * Of pages without script: errors, and what is not found. Fixed, as the answer to an address without a route has them too.
 */
export const DOCUMENT_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy':
    "default-src 'none';style-src 'self';img-src data:;base-uri 'self';form-action 'none';frame-ancestors 'none'",
} as const;

/** Each kind of page has a policy as strict as it can work under. All name the root of the service by a base of their own. */
export type PageKind = 'document' | 'reference' | 'fleet' | 'queues';

type SetPolicy = ReturnType<typeof fastifyHelmet.contentSecurityPolicy>;

/**
 * Set the policies of pages. Of helmet only this: its plugin would pass every request through two hooks more.
 */
export const PAGE_POLICIES: Readonly<Record<PageKind, SetPolicy>> = {
  document: (_request, response, next) => {
    response.setHeader('content-security-policy', DOCUMENT_HEADERS['content-security-policy']);
    next();
  },
  // Swagger's page: scripts come from here alone. One adds the style of a logo, known here by its hash.
  reference: fastifyHelmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"],
    },
  }),
  // Our own page makes its elements by script, from text: nothing in it is ever parsed as markup or run as a script.
  fleet: fastifyHelmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
  }),
  // Bull-board's page, as `ownBoardPage` leaves it. Its scripts add two style sheets, of an icon and of a list, known here
  // by their hashes; and they load further scripts in a way that Trusted Types would refuse.
  queues: fastifyHelmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: [
        "'self'",
        "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='",
        "'sha256-kLmvWqfziFavKtqHqRsb90f006UAK2Dmd0It5Iz2KFA='",
      ],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  }),
};
