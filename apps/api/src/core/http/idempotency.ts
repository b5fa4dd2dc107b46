import { createHash } from 'node:crypto';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { redisUnavailable } from '../errors/problem-mapping.js';
import {
  type IdempotencyClaim,
  type IdempotencyStore,
  IdempotencyUnavailableError,
  type StoredAnswer,
} from './idempotency-store.js';
import { canonicalPath } from './paths.js';

interface OpenClaim {
  readonly key: string;
  readonly fingerprint: string;
  readonly token: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route honours `Idempotency-Key`. */
    idempotent?: boolean;
  }
  interface FastifyRequest {
    idempotencyClaim: OpenClaim | null;
  }
}

/** Whether keys can be kept at present. */
export interface StoreAway {
  readonly isOn: boolean;
}

/** Headers that belong to the answer itself; the others are made anew for each request. */
const KEPT_HEADERS = ['content-type', 'location', 'etag', 'x-data-as-of'] as const;

/**
 * Lets a client repeat a command without doing it twice: the first answer under an `Idempotency-Key` is kept and sent
 * again. Hooks of single routes, so that reads pay nothing.
 */
export class IdempotencyHooks {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly logger: Logger,
    private readonly away: StoreAway,
  ) {}

  /** Adds the hooks to a route that says `idempotent`. */
  attachTo(route: RouteOptions): void {
    if (route.config?.idempotent !== true) return;
    route.preHandler = [...asArray(route.preHandler), this.claim];
    route.onSend = [...asArray(route.onSend), this.keep];
  }

  /** @throws Problem `validation-failed`, `request-in-flight`, `idempotency-key-reused` */
  private readonly claim = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> => {
    const header = request.headers['idempotency-key'];
    if (header === undefined || request.caller === null) return;
    if (!isIdempotencyKey(header)) {
      throw new Problem(PLATFORM_PROBLEMS['validation-failed'], {
        detail: 'The Idempotency-Key must be 1 to 255 printable ASCII characters, and be sent once.',
      });
    }
    const key = storedKey(request.caller.name, header);
    const fingerprint = requestFingerprint(request.method, canonicalPath(request.url), request.body);
    // A command that is accepted while Redis is away states the desired state: its repeat does nothing twice, with or without a key.
    const isAcceptedAnyway = request.routeOptions.config.acceptedWhileAway === true;
    if (isAcceptedAnyway && this.away.isOn) return;
    let claim: IdempotencyClaim;
    try {
      claim = await this.store.claim(key, fingerprint);
    } catch (error) {
      if (!isAcceptedAnyway || !(error instanceof IdempotencyUnavailableError)) throw error;
      return;
    }
    switch (claim.outcome) {
      case 'claimed':
        request.idempotencyClaim = { key, fingerprint, token: claim.token };
        return;
      case 'in-flight':
        throw new Problem(PLATFORM_PROBLEMS['request-in-flight'], {
          detail: 'The first request with this Idempotency-Key has not been answered yet.',
          retryAfterSeconds: 1,
        });
      case 'other-request':
        throw new Problem(PLATFORM_PROBLEMS['idempotency-key-reused'], {
          detail: 'This Idempotency-Key was used for a request with another method, path or body.',
        });
      case 'answered':
        // Sent from a hook, the answer ends the request; `onSend` sees no claim and leaves it alone.
        return reply
          .code(claim.answer.status)
          .headers({ ...claim.answer.headers, 'idempotency-replayed': 'true' })
          .send(claim.answer.body);
    }
  };

  private readonly keep = async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> => {
    const claim = request.idempotencyClaim;
    if (claim === null) return payload;
    request.idempotencyClaim = null;
    // The claim runs out by itself.
    if (this.away.isOn) return payload;
    try {
      const answer = answerToKeep(reply, payload);
      if (answer === null) await this.store.release(claim.key, claim.token);
      else await this.store.complete(claim.key, claim.token, answer);
    } catch (error) {
      // The command is done; its answer must not be lost because a repeat could not be prepared for.
      this.logger.warn('the answer could not be kept under its Idempotency-Key', { err: error });
    }
    return payload;
  };
}

/** @returns null for errors of other kinds */
export function problemOfIdempotency(error: unknown): Problem | null {
  return error instanceof IdempotencyUnavailableError ? redisUnavailable(error) : null;
}

/**
 * The same for a request and its repeats, and for nothing else; undefined without an `Idempotency-Key`. The
 * kept answer is lost when nobody learns how a write ended (Redis away in the middle); then this still identifies the repeat.
 */
export function repeatKeyOf({ idempotencyClaim }: FastifyRequest): string | undefined {
  return idempotencyClaim === null ? undefined : `${idempotencyClaim.key} ${idempotencyClaim.fingerprint}`;
}

/** An answer worth repeating: a success, or a rejection that the same request would always get. */
function answerToKeep(reply: FastifyReply, payload: unknown): StoredAnswer | null {
  const { statusCode } = reply;
  // A 404 or 409 depends on the state of the fleet and may be a 202 the next time.
  const isFinal = (statusCode >= 200 && statusCode < 300) || statusCode === 400 || statusCode === 422;
  if (!isFinal || typeof payload !== 'string') return null;
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  return { status: statusCode, headers, body: payload };
}

function asArray<Hook>(hooks: Hook | readonly Hook[] | undefined): readonly Hook[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? (hooks as readonly Hook[]) : [hooks as Hook];
}

/** As the IETF draft "The Idempotency-Key HTTP Header Field" leaves open what a key is: 1 to 255 printable ASCII characters. */
const KEY = /^[\x20-\x7e]{1,255}$/;

export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value) && value.trim() !== '';
}

/** The key as it is stored: apart for each caller, of fixed length, and without the text that the client chose. */
export function storedKey(callerName: string, key: string): string {
  return sha256(`${callerName}\0${key}`);
}

/**
 * Different for different requests: method, path and body. Members of the body in another order are the same body.
 */
export function requestFingerprint(method: string, path: string, body: unknown): string {
  return sha256(`${method}\0${path}\0${canonicalJson(body)}`);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? '';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
