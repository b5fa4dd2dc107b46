/** A failure below HTTP, as far as its error describes it. */
export interface NetworkFailure {
  /** Such as `ECONNRESET`; the error's own words for the rest. */
  readonly code: string;
  /** The connection was never made, so that nothing of the request can have reached the service. */
  readonly unsent: boolean;
}

/** The error of undici when a proxy opens no tunnel: nothing was sent through it. */
const TUNNEL_REFUSED = /^Proxy response \((\d{3})\)/;

/**
 * Reads an error of the HTTP client. `unsent` only where it is proven: the name was not resolved or the connection was
 * refused or not made in time. A reset, or an end during the TLS handshake, may as well have come after the request.
 */
export function networkFailureOf(error: unknown): NetworkFailure {
  if (error instanceof AggregateError && error.errors.length > 0) {
    // One error per address of the host: nothing was sent if every one of them failed to connect.
    const failures = error.errors.map((each: unknown) => networkFailureOf(each));
    return { code: codeOf(error) ?? failures[0]?.code ?? 'unknown', unsent: failures.every(({ unsent }) => unsent) };
  }
  const status = error instanceof Error ? TUNNEL_REFUSED.exec(error.message)?.[1] : undefined;
  if (status !== undefined) return { code: `the proxy answered ${status}`, unsent: true };
  const code = codeOf(error);
  const syscall = propertyOf(error, 'syscall');
  return {
    code: code ?? (error instanceof Error ? error.message : 'unknown'),
    unsent: syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT',
  };
}

function codeOf(error: unknown): string | null {
  return propertyOf(error, 'code');
}

function propertyOf(error: unknown, key: 'code' | 'syscall'): string | null {
  if (!(error instanceof Error) || !(key in error)) return null;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : null;
}
