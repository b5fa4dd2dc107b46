import type { ApiKeyHolder, ApiRole } from '@app/platform';
import type { FastifyRequest } from 'fastify';
import type { PageKind } from '../http/security-headers.js';

/** Who may use a route: everybody, or the holder of a key of at least this role. */
export type Access = 'public' | ApiRole;

const RANK: Readonly<Record<ApiRole, number>> = { viewer: 1, operator: 2, admin: 3 };

/** Whether a role is enough for what a route asks. */
export function mayUse(role: ApiRole, needed: ApiRole): boolean {
  return RANK[role] >= RANK[needed];
}

/** Whether values of environment variables, passwords and webhook addresses are shown to whoever sent the request. */
export function showsSecrets({ caller }: Pick<FastifyRequest, 'caller'>): boolean {
  return caller !== null && mayUse(caller.role, 'operator');
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent means admin: a route that forgot to say is closed, not open. */
    access?: Access;
    /** Whether the route honours `Idempotency-Key`. */
    idempotent?: boolean;
    /** Whether it answers pages for people, which load styles and scripts, and of which kind. */
    page?: PageKind;
    /** Whether its answers tell the age of their data themselves; all others are as of now. */
    datesItself?: boolean;
    /** Whether the command is taken while Redis is away; every other one is refused then. */
    takenWhileAway?: boolean;
    /** Whether a command takes a query. */
    takesQuery?: boolean;
    /** Whether a session of /admin/queues stands for its key here. */
    queueSession?: boolean;
  }
  interface FastifyRequest {
    /** Null for who shows no key, which public routes do not ask for. */
    caller: ApiKeyHolder | null;
  }
}
