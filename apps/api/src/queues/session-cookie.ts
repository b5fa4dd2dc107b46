import { QUEUE_SESSION_SECONDS } from './queue-sessions.js';

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
