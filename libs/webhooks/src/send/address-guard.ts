import ipaddr from 'ipaddr.js';
import type { WebhookOptions } from '../model/webhook-options.js';

/** Where webhooks may go. */
export interface AddressRules {
  /** Also to this machine and to networks without public addresses. */
  readonly allowPrivate: boolean;
  /** Nowhere without TLS. */
  readonly requireTls: boolean;
}

export function addressRulesOf({ allowPrivateAddresses, httpsOnly }: AddressSettings): AddressRules {
  return { allowPrivate: allowPrivateAddresses, requireTls: httpsOnly };
}

type AddressSettings = Pick<WebhookOptions, 'allowPrivateAddresses' | 'httpsOnly'>;

/** An address to which nothing was sent, and nothing ever is while the rules are as they are. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/** Longer ones are no addresses of receivers. */
const LONGEST_URL = 2_000;
const PRIVATE_RANGES: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);
/** All addresses that are given to hosts of the internet: https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');
/**
 * Where clouds answer a machine with its credentials, beyond link-local addresses: AWS over IPv6 (instances, and pods of
 * EKS), Google, Oracle, Linode and Scaleway over IPv6, Alibaba, Oracle, Azure (whose address lies in a public range).
 * Never allowed.
 */
const METADATA: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:c1::a9fe:a9fe',
  'fd00:a9fe:a9fe::1',
  'fd00:42::42',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
]);

/**
 * The violation of an IP address as a target; null for none.
 *
 * @param text as a resolver, a socket or a URL without brackets has it; an IPv4 address in IPv6 counts as what it is
 */
export function addressViolation(text: string, { allowPrivate }: Pick<AddressRules, 'allowPrivate'>): string | null {
  if (!ipaddr.isValid(text)) return 'is no IP address';
  // It would make another text of the same address, and none that is public has one.
  if (text.includes('%')) return 'names a zone';
  const address = ipaddr.process(text);
  if (METADATA.has(address.toString())) return 'belongs to the metadata service of a cloud';
  const range = address.range();
  if (PRIVATE_RANGES.has(range)) return allowPrivate ? null : 'is private';
  if (range !== 'unicast') return `is not a public address (${range})`;
  return address.kind() === 'ipv4' || address.match(GLOBAL_IPV6) ? null : 'is not a public address';
}

/**
 * The violation of the URL of a receiver; null for none. A sentence without a subject. What its name resolves to
 * is known at the time of sending only, and checked then.
 */
export function webhookUrlViolation(text: string, rules: AddressRules): string | null {
  if (text.length > LONGEST_URL) return `must be at most ${LONGEST_URL} characters`;
  if (!URL.canParse(text)) return 'must be an address such as https://hooks.example.com/fleet';
  const url = new URL(text);
  if (url.protocol !== 'https:' && (rules.requireTls || url.protocol !== 'http:')) {
    return rules.requireTls ? 'must begin with https://' : 'must begin with https:// or http://';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  // Node would connect to the usual port instead.
  if (url.port === '0') return 'must have a port from 1 to 65535';
  if (url.hash !== '') return 'must not hold a fragment (#)';
  const host = hostOf(url);
  const why = ipaddr.isValid(host) ? addressViolation(host, rules) : nameViolation(host, rules);
  const how = why === 'is private' ? '; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it' : '';
  return why === null ? null : `must lead to another host: ${host.slice(0, 100)} ${why}${how}`;
}

/** Without the brackets of IPv6; the URL parser has made decimal, octal and hexadecimal forms into the usual one. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** These names always mean the same machine, whatever a resolver says: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
function nameViolation(host: string, { allowPrivate }: AddressRules): string | null {
  return !allowPrivate && /(?:^|\.)localhost\.*$/i.test(host) ? 'is private' : null;
}
