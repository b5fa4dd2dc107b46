/** What settings that are addresses have in common. */
import { Violation } from './setting-kinds.js';

/** @param protocols as `URL` writes them, with the colon */
export function parseUrl(text: string, protocols: readonly string[]): URL | Violation {
  if (!URL.canParse(text)) return new Violation('not an address');
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) return new Violation('another scheme than the accepted ones');
  return url.hostname === '' ? new Violation('names no host') : url;
}

/** Servers are sent the decoded text, and what cannot be decoded would end the start with an error of the client. */
export function isDecodable(text: string): boolean {
  return decoded(text) !== null;
}

/** The password of an address with any number of hosts: as it is written there, as `URL` writes it, and decoded. */
export function passwordsIn(address: string): readonly string[] {
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(address)?.[1] ?? '';
  const [, ...password] = authority.slice(0, Math.max(0, authority.lastIndexOf('@'))).split(':');
  const written = [password.join(':'), URL.canParse(address) ? new URL(address).password : ''];
  return [...written, ...written.map((text) => decoded(text) ?? text)].filter((text) => text !== '');
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
