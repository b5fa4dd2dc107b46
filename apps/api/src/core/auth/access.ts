import type { InstanceRecord } from '@app/instance-store';
import type { Caller } from '@app/lifecycle';
import type { ApiKeyHolder, ApiRole } from '@app/platform';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent means admin: a route that forgot to say is closed, not open. */
    access?: Access;
    /** Whether a session of /admin/queues stands for its key here. */
    queueSession?: boolean;
    /** Whether the token of an instance opens it for that instance, whose id is in the path; it opens nothing else. */
    ownInstance?: boolean;
    /** Whether a key with limits may use a route that is no read; absent means no, since each such route has to heed them. */
    limitedKeys?: boolean;
  }
  interface FastifyRequest {
    /** Null for a request without a key, which only public routes take. */
    caller: KeyHolder | null;
  }
}

/** Whose key a request carries. */
export interface KeyHolder extends ApiKeyHolder {
  /** The instance, when the key is the token of one. */
  readonly instance?: Pick<InstanceRecord, 'id' | 'novitaInstanceId'>;
}

/** The role that a route needs: none, or at least this one. */
export type Access = 'public' | ApiRole;

const RANK: Readonly<Record<ApiRole, number>> = { viewer: 1, operator: 2, admin: 3 };

/** Whether a role is enough for what a route asks. */
export function mayUse(role: ApiRole, needed: ApiRole): boolean {
  return RANK[role] >= RANK[needed];
}

/** Whether values of environment variables, passwords and webhook addresses are shown to the sender of the request. */
export function showsSecrets({ caller }: Pick<FastifyRequest, 'caller'>): boolean {
  return caller !== null && mayUse(caller.role, 'operator');
}

/** The sender of a request, on a route that needs a key. */
export function holderOf({ caller, url }: Pick<FastifyRequest, 'caller' | 'url'>): KeyHolder {
  if (caller === null) throw new Error(`${url} let a request in without a key`);
  return caller;
}

/** The same, as commands take it. */
export function callerOf(request: Pick<FastifyRequest, 'caller' | 'url'>): Caller {
  const { name, limits } = holderOf(request);
  return { keyName: name, ...(limits !== undefined && { limits }) };
}
