import { timingSafeEqual } from 'node:crypto';
import { type ApiKeyHolder, ApiKeyRing, Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';

const QUEUE_SESSION_SECONDS = 3_600;

/** Every sealed text begins with this, so that no other seal is a session. */
const PURPOSE = 'queue-session';
const TOKEN = /^([A-Za-z0-9_-]{1,64})\.([1-9]\d{0,11})\.([A-Za-z0-9_-]{43})$/;

/**
 * Sessions for a browser that follows a link, to which no header with a key can be attached. A session is a text that
 * says whose it is and when it ends, sealed with that key: every process can check it, none keeps it, and it ends with
 * the key.
 */
@Injectable()
export class QueueSessions {
  constructor(
    private readonly ring: ApiKeyRing,
    private readonly clock: Clock,
  ) {}

  /** @returns of letters, digits, `-`, `_` and `.`; as worthy of protection as a key, for its time */
  open(holder: ApiKeyHolder): string {
    const ends = Math.floor(this.clock.now() / 1000) + QUEUE_SESSION_SECONDS;
    const sealed = this.ring.seal(holder.name, textOf(holder.name, ends));
    if (sealed === null) throw new Error(`the key ${holder.name} is not on the ring`);
    return `${holder.name}.${ends}.${sealed.code.toString('base64url')}`;
  }

  /** Whose session it is, with the present role of that key; null when it is none, or over. */
  holderOf(token: string): ApiKeyHolder | null {
    const [, name = '', ends = '', code = ''] = TOKEN.exec(token) ?? [];
    if (name === '' || Number(ends) * 1000 <= this.clock.now()) return null;
    const sealed = this.ring.seal(name, textOf(name, Number(ends)));
    const shown = Buffer.from(code, 'base64url');
    if (sealed === null || shown.length !== sealed.code.length) return null;
    return timingSafeEqual(shown, sealed.code) ? sealed.holder : null;
  }
}

function textOf(name: string, endsSeconds: number): string {
  return `${PURPOSE}\n${name}\n${endsSeconds}`;
}

const NAME = 'novita_fleet_queues';
/** Sent nowhere but to the board. Not `__Host-…`: browsers take that prefix only with the path `/`. */
const scopeOf = (prefix: string): string => `Path=${prefix}/admin/queues; HttpOnly; SameSite=Strict`;

/** How a request came in, as far as it decides over a cookie. */
export interface RequestOrigin {
  /** Of the connection itself. */
  readonly protocol: string;
  /** The `X-Forwarded-Proto` header; who sends a wrong one makes only the own cookie stricter. */
  readonly forwardedProtocol: string | undefined;
  /** Name or address that the client asked for, without its port. */
  readonly hostname: string;
  readonly isProduction: boolean;
}

/**
 * Whether the cookie must never travel in the clear. In production that is so even if the request seems to, as something
 * before us has ended TLS; but not on the machine itself, where there is none.
 */
export function isSecureCookie({ protocol, forwardedProtocol, hostname, isProduction }: RequestOrigin): boolean {
  const original = forwardedProtocol?.split(',')[0]?.trim().toLowerCase();
  return protocol === 'https' || original === 'https' || (isProduction && !isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * The `Set-Cookie` header that begins a session.
 *
 * @param prefix path below which the client sees this service
 */
export function sessionCookie(token: string, isSecure: boolean, prefix: string): string {
  return `${NAME}=${token}; Max-Age=${QUEUE_SESSION_SECONDS}; ${scopeOf(prefix)}${isSecure ? '; Secure' : ''}`;
}

/** The `Set-Cookie` header that makes a browser forget its session. */
export function endedCookie(isSecure: boolean, prefix: string): string {
  return `${NAME}=; Max-Age=0; ${scopeOf(prefix)}${isSecure ? '; Secure' : ''}`;
}

/** The session in a `Cookie` header (RFC 6265, 4.2); null when it has none. */
export function sessionIn(cookies: string | undefined): string | null {
  const pair = cookies
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${NAME}=`));
  return pair?.slice(NAME.length + 1) ?? null;
}
