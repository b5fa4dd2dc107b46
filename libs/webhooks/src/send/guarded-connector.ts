import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type AddressRules, addressViolation, ForbiddenAddressError } from './address-guard.js';

/** Milliseconds for a connection with its TLS handshake; a whole attempt has little more. */
const CONNECT_MS = 8_000;

/** Where a connection failed; nothing of a request can have been sent. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';

  constructor(
    readonly stage: 'dns' | 'connect' | 'tls',
    cause: Error,
  ) {
    super(cause.message === '' ? cause.name : cause.message, { cause });
  }
}

/** @returns all addresses of a name, in the order in which they are to be tried */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** Opens a TCP connection to one of the addresses that `lookup` answers. */
type Dial = (host: string, port: number, lookup: LookupFunction) => Socket;

export interface ConnectorOptions {
  readonly resolve: Resolve;
  readonly dial: Dial;
  /** Authorities that are trusted in place of the usual ones, in PEM. */
  readonly ca?: string;
}

export const SYSTEM_CONNECTIONS: ConnectorOptions = {
  resolve: (name) => lookup(name, { all: true, order: 'verbatim' }),
  dial: (host, port, lookupAddress) => netConnect({ host, port, lookup: lookupAddress, autoSelectFamily: true }),
};

/**
 * Makes connections of undici that lead nowhere they must not. A name is resolved once, and refused when any of its
 * addresses is forbidden; the connection goes to those addresses and no others; before the first byte is written, TLS
 * included, the address at its other end is compared with them. So a name that changes its address between a check and
 * the connection gains nothing.
 */
export function guardedConnector(
  rules: AddressRules,
  { resolve, dial, ca }: ConnectorOptions,
): buildConnector.connector {
  const resolveShared = coalesced(resolve);
  const handshake = buildConnector({ allowH2: false, timeout: CONNECT_MS, ...(ca !== undefined && { ca }) });
  return (options, callback) => {
    const checked = new Set<string>();
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    const fail = (error: Error): void => callback(error, null);
    // `net` resolves no literal, so that `lookup` would never see it.
    const violation = isIP(options.hostname) === 0 ? null : addressViolation(options.hostname, rules);
    if (violation !== null) {
      queueMicrotask(() => fail(forbidden(options.hostname, violation)));
      return;
    }
    if (isIP(options.hostname) !== 0) checked.add(options.hostname);
    const socket = dial(options.hostname, port, checkedLookup(resolveShared, rules, checked));
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)), CONNECT_MS);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      fail(error instanceof ForbiddenAddressError || error instanceof ConnectError ? error : connectError(error));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      const reached = socket.remoteAddress ?? '';
      if (!checked.has(reached) || addressViolation(reached, rules) !== null) {
        socket.destroy();
        fail(forbidden(options.hostname, `was connected to ${reached}, which was not allowed`));
        return;
      }
      socket.setNoDelay(true);
      if (options.protocol === 'http:') callback(null, socket);
      else {
        handshake({ ...options, httpSocket: socket }, (...[error, secured]) =>
          error === null ? callback(null, secured) : fail(new ConnectError('tls', error)),
        );
      }
    });
  };
}

/**
 * Look-ups of one name that are under way are one: the system makes a few at a time, in threads that files need as well, so
 * those of a name without an answer must not be in the way of others.
 */
function coalesced(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (name) => {
    const asking = underWay.get(name) ?? resolve(name).finally(() => underWay.delete(name));
    underWay.set(name, asking);
    return asking;
  };
}

/** Answers addresses that the rules allow, all or none, and adds them to `checked`. */
function checkedLookup(resolve: Resolve, rules: AddressRules, checked: Set<string>): LookupFunction {
  return (name, { all }, callback) => {
    const answer = async (): Promise<void> => {
      let addresses: readonly [LookupAddress, ...LookupAddress[]];
      try {
        addresses = await allowedAddresses(name, resolve, rules);
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)), []);
        return;
      }
      for (const { address } of addresses) checked.add(address);
      const [first] = addresses;
      if (all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    };
    void answer();
  };
}

/** @throws ConnectError when there is none, ForbiddenAddressError when one of them is not allowed */
async function allowedAddresses(
  name: string,
  resolve: Resolve,
  rules: AddressRules,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  let resolved: readonly LookupAddress[];
  try {
    resolved = await resolve(name);
  } catch (error) {
    throw new ConnectError('dns', error instanceof Error ? error : new Error(String(error)));
  }
  for (const { address } of resolved) {
    const violation = addressViolation(address, rules);
    if (violation !== null) throw forbidden(name, `resolves to ${address}, which ${violation}`);
  }
  const [first, ...others] = resolved;
  if (first === undefined) throw new ConnectError('dns', new Error(`${name} has no address`));
  return [first, ...others];
}

function forbidden(host: string, why: string): ForbiddenAddressError {
  return new ForbiddenAddressError(`${host} ${why}`);
}

/** One error per address of the host says as much as the first of them. */
function connectError(error: Error): ConnectError {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return new ConnectError('connect', first instanceof Error ? first : error);
}
