import type { FastifyRequest } from 'fastify';

/** When sending a request again cannot do twice what it did the first time. */
export type Repeatable = 'always' | 'with-key' | 'never';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent: `always` for the methods that HTTP calls idempotent, `never` for the others. */
    repeatable?: Repeatable;
  }
}

/** What a request does, as far as the answer to its failure depends on it. */
export interface RequestEffect {
  /** It only reads, so its failure leaves nothing behind. */
  readonly isRead: boolean;
  readonly isRepeatable: boolean;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const IDEMPOTENT: ReadonlySet<string> = new Set([...READS, 'PUT', 'DELETE']);

export function effectOf({
  method,
  headers,
  routeOptions,
}: Pick<FastifyRequest, 'method' | 'headers' | 'routeOptions'>): RequestEffect {
  const repeatable = routeOptions.config.repeatable ?? (IDEMPOTENT.has(method) ? 'always' : 'never');
  const isRepeatable =
    repeatable === 'always' || (repeatable === 'with-key' && headers['idempotency-key'] !== undefined);
  return { isRead: READS.has(method), isRepeatable };
}
