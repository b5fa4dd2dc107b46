import {
  duration,
  isDecodable,
  MINUTE_MS,
  matching,
  parseUrl,
  passwordsIn,
  requiredInProduction,
  Setting,
  type SettingKind,
  type SettingRule,
  Violation,
  wholeNumber,
} from '@app/platform';

/** The path under which Novita serves this API; people paste addresses with and without it. */
const API_PATH = /\/gpu-instance\/openapi(?:\/v1)?$/;

/** Novita's address up to and without the API's own path, and without a slash at its end. */
const novitaBaseUrl: SettingKind<string> = {
  accepted: 'an http or https address such as https://api.novita.ai, with or without /gpu-instance/openapi/v1',
  parse: (text) => {
    const url = parseUrl(text, ['http:', 'https:']);
    if (url instanceof Violation) return url;
    if (url.username !== '' || url.password !== '') return new Violation('holds a user name or password');
    if (url.search !== '' || url.hash !== '') return new Violation('holds a query or a fragment');
    return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(API_PATH, '')}`;
  },
};

const proxyAddress: SettingKind<string> = {
  accepted:
    '[http:// or https://][user:password@]host[:port]; in user and password, % and @ are written as %25 and %40',
  secretsIn: (text) => {
    const address = proxyAddress.parse(text);
    return address instanceof Violation ? [] : passwordsIn(address);
  },
  parse: (text) => {
    // Other programs take a proxy without a scheme for an http one.
    const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`, ['http:', 'https:']);
    if (url instanceof Violation) return url;
    if (!isDecodable(url.username) || !isDecodable(url.password)) {
      return new Violation('its user or password holds a % that begins no escape: write it as %25');
    }
    return url.pathname === '/' && url.search === '' && url.hash === ''
      ? url.href
      : new Violation('holds a path or a query');
  },
};

/** Whether a host name is one of this machine, which no proxy can reach. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || hostname.startsWith('127.')
  );
}

/** The account at Novita and how its API is called. */
export class NovitaSettings {
  static readonly rules: readonly SettingRule[] = [
    requiredInProduction([NovitaSettings, 'NOVITA_API_KEY'], (key) => key === null, 'a key of a Novita account'),
  ];

  @Setting({
    kind: matching(/^[\x21-\x7e]{1,500}$/, 'printable characters without spaces'),
    group: 'Novita',
    description: 'Key of the Novita account, from https://novita.ai/settings. Required in production.',
    default: null,
    example: 'sk_your_novita_key',
    sensitive: true,
  })
  readonly NOVITA_API_KEY!: string | null;

  @Setting({
    kind: novitaBaseUrl,
    group: 'Novita',
    description: "Address of Novita's API. Another one is wanted for the sandbox or for a proxy.",
    default: 'https://api.novita.ai',
    example: 'http://127.0.0.1:4010',
  })
  readonly NOVITA_API_BASE_URL!: string;

  @Setting({
    kind: wholeNumber(1, 100_000),
    group: 'Novita',
    description:
      "Requests a second that all processes together send to Novita; short bursts of two seconds' worth pass.",
    default: '10',
    example: '5',
  })
  readonly NOVITA_MAX_REQUESTS_PER_SECOND!: number;

  @Setting({
    kind: duration('s', 100, 5 * MINUTE_MS),
    group: 'Novita',
    description: 'How long one call to Novita may take before it counts as failed.',
    default: '30s',
    example: '45s',
  })
  readonly NOVITA_TIMEOUT!: number;

  @Setting({
    kind: wholeNumber(1, 1_000),
    group: 'Novita',
    description: 'Items asked for in one page of a list.',
    default: '100',
    example: '50',
  })
  readonly NOVITA_PAGE_SIZE!: number;

  @Setting({
    kind: proxyAddress,
    group: 'Novita',
    description:
      'Proxy for calls to Novita when its address is https. https_proxy, as many programs know it, is read too and wins.',
    default: null,
    example: 'http://proxy.example.com:3128',
    alias: 'https_proxy',
    sensitive: true,
  })
  readonly HTTPS_PROXY!: string | null;

  @Setting({
    kind: proxyAddress,
    group: 'Novita',
    description: 'The same when NOVITA_API_BASE_URL is http. http_proxy is read too and wins.',
    default: null,
    example: 'http://proxy.example.com:3128',
    alias: 'http_proxy',
    sensitive: true,
  })
  readonly HTTP_PROXY!: string | null;

  @Setting({
    kind: matching(/^[\x20-\x7e]{1,5000}$/, 'a list of host names, such as api.example.com,.internal or *'),
    group: 'Novita',
    description:
      'Hosts that are called without the proxy; a name stands for its subdomains too. This machine itself always is. no_proxy is read too and wins.',
    default: null,
    example: 'localhost,.internal',
    alias: 'no_proxy',
  })
  readonly NO_PROXY!: string | null;

  /** The proxy through which Novita is called unless NO_PROXY says otherwise. Holds its password. */
  get novitaProxy(): string | null {
    const { protocol, hostname } = new URL(this.NOVITA_API_BASE_URL);
    if (isLoopback(hostname)) return null;
    return protocol === 'https:' ? this.HTTPS_PROXY : this.HTTP_PROXY;
  }
}
