import { resolve } from 'node:path';
import { isObject, oneLine } from '@app/platform';

/** A setting of the connection that stands where it is used, or in a file that may change. */
export type Material = { readonly in: 'text'; readonly text: string } | { readonly in: 'file'; readonly path: string };

/** One context of a kubeconfig: a cluster, and as whom it is called. */
export interface KubeconfigContext {
  readonly name: string;
  readonly server: URL;
  readonly ca: Material | null;
  /** The name in the server's certificate, where it is not that of its address. */
  readonly serverName: string | null;
  readonly skipsTlsVerification: boolean;
  readonly token: Material | null;
  readonly certificate: { readonly cert: Material; readonly key: Material } | null;
  /** The credentials come from a program. */
  readonly plugin: 'exec' | 'auth-provider' | null;
  /** The token comes from a provider of identities. */
  readonly oidc: OidcSettings | null;
}

/** An `auth-provider` of the name `oidc`. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  readonly idToken: string | null;
  readonly refreshToken: string | null;
  /** Of the provider; null for those that Node trusts. */
  readonly ca: Material | null;
}

export type ClusterAccessProblem =
  /** A file is not there, or cannot be read. */
  | 'unreadable'
  | 'invalid'
  /** It would be called without proof of who answers. */
  | 'insecure'
  | 'unsupported'
  /** `@kubernetes/client-node` is needed and not installed. */
  | 'plugin-missing'
  | 'plugin-failed'
  /** Neither a kubeconfig nor a service account says where the cluster is. */
  | 'no-cluster';

/** The cluster cannot be called as it is configured. */
export class ClusterAccessError extends Error {
  override readonly name = 'ClusterAccessError';

  constructor(
    readonly problem: ClusterAccessProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(oneLine(message, 500), options);
  }
}

type Section = Readonly<Record<string, unknown>>;

/**
 * Reads one context of a kubeconfig.
 *
 * @param document what the YAML or JSON of the file says
 * @param wanted the context; null for the file's current one
 * @param folder of the file, from which relative paths count
 * @throws ClusterAccessError
 */
export function readKubeconfig(document: unknown, wanted: string | null, folder: string): KubeconfigContext {
  if (!isObject(document)) throw invalid('it is not a kubeconfig');
  const name = wanted ?? textIn(document, 'current-context');
  if (name === null) throw invalid('it has no current-context, and no context was chosen');
  const context = entry(document, 'contexts', 'context', name);
  const cluster = entry(document, 'clusters', 'cluster', needed(context, 'cluster', `context ${name}`));
  const userName = textIn(context, 'user');
  const user = userName === null ? {} : entry(document, 'users', 'user', userName);
  refuseUnsupported(cluster, user);
  const material = (section: Section, member: string): Material | null => materialIn(section, member, folder);
  const oidc = oidcOf(user, folder);
  return {
    name,
    server: serverOf(needed(cluster, 'server', `the cluster of context ${name}`)),
    ca: material(cluster, 'certificate-authority'),
    serverName: textIn(cluster, 'tls-server-name'),
    skipsTlsVerification: cluster['insecure-skip-tls-verify'] === true,
    token: tokenOf(user, folder),
    certificate: certificateOf(material(user, 'client-certificate'), material(user, 'client-key')),
    plugin: isObject(user['exec']) ? 'exec' : isObject(user['auth-provider']) && oidc === null ? 'auth-provider' : null,
    oidc,
  };
}

function oidcOf(user: Section, folder: string): OidcSettings | null {
  const provider = user['auth-provider'];
  if (!isObject(provider) || provider['name'] !== 'oidc') return null;
  const config = isObject(provider['config']) ? provider['config'] : {};
  const where = 'its auth-provider oidc';
  const issuer = needed(config, 'idp-issuer-url', where);
  if (URL.parse(issuer)?.protocol !== 'https:') throw invalid(`the idp-issuer-url of ${where} is no https address`);
  const [idToken, refreshToken] = [textIn(config, 'id-token'), textIn(config, 'refresh-token')];
  if (idToken === null && refreshToken === null) throw invalid(`${where} has neither an id-token nor a refresh-token`);
  return {
    issuer,
    clientId: needed(config, 'client-id', where),
    clientSecret: textIn(config, 'client-secret'),
    idToken,
    refreshToken,
    ca: materialIn(config, 'idp-certificate-authority', folder),
  };
}

/** What would silently be done otherwise than the file says. */
function refuseUnsupported(cluster: Section, user: Section): void {
  if (textIn(user, 'username') !== null || textIn(user, 'password') !== null) {
    throw unsupported('a user name and password (basic authentication, which Kubernetes removed in 1.19)');
  }
  if (textIn(user, 'as') !== null || textIn(user, 'as-uid') !== null || Array.isArray(user['as-groups'])) {
    throw unsupported('impersonation (as, as-groups)');
  }
  if (textIn(cluster, 'proxy-url') !== null) throw unsupported('proxy-url');
}

function serverOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw invalid('the server of its cluster is no http or https address');
  }
  if (url.username !== '' || url.password !== '') throw unsupported('a user name and password in the address');
  return url;
}

function tokenOf(user: Section, folder: string): Material | null {
  const file = textIn(user, 'tokenFile');
  // The file is the newer of the two where both are there: it is what gets renewed.
  if (file !== null) return { in: 'file', path: resolve(folder, file) };
  const text = textIn(user, 'token');
  return text === null ? null : { in: 'text', text };
}

function certificateOf(cert: Material | null, key: Material | null): KubeconfigContext['certificate'] {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) throw invalid('a client certificate needs its key, and a key its certificate');
  return { cert, key };
}

/** The member with `-data` at its end holds it in base64, and counts before the one that names a file. */
function materialIn(section: Section, member: string, folder: string): Material | null {
  const data = textIn(section, `${member}-data`);
  if (data !== null) return { in: 'text', text: Buffer.from(data, 'base64').toString('utf8') };
  const path = textIn(section, member);
  return path === null ? null : { in: 'file', path: resolve(folder, path) };
}

function entry(document: Section, list: string, member: string, name: string): Section {
  const entries = document[list];
  const found = Array.isArray(entries)
    ? entries.find((each: unknown): each is Section => isObject(each) && each['name'] === name)
    : undefined;
  const section = found?.[member];
  if (!isObject(section)) throw invalid(`${list} has no ${name}`);
  return section;
}

function needed(section: Section, member: string, where: string): string {
  const text = textIn(section, member);
  if (text === null) throw invalid(`${where} has no ${member}`);
  return text;
}

function textIn(section: Section, member: string): string | null {
  const value = section[member];
  return typeof value === 'string' && value !== '' ? value : null;
}

function invalid(what: string): ClusterAccessError {
  return new ClusterAccessError('invalid', `the kubeconfig cannot be used: ${what}`);
}

function unsupported(what: string): ClusterAccessError {
  return new ClusterAccessError('unsupported', `the kubeconfig cannot be used: ${what} is not supported`);
}
