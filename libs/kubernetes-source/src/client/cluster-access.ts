import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { type Clock, MINUTE_MS, oneLine } from '@app/platform';
import { Logger } from '@nestjs/common';
import { type CredentialPlugin, type Credentials, credentialPlugin, Programs } from './credential-plugin.js';
import { ClusterAccessError, type KubeconfigContext, type Material, readKubeconfig } from './kubeconfig.js';
import { type OidcLogin, OidcTokens } from './oidc-tokens.js';

/** How to reach a cluster. A kubeconfig counts before a service account. */
export interface ClusterSettings {
  /** Path of a kubeconfig. */
  readonly kubeconfig: string | null;
  /** Null for the kubeconfig's current one. */
  readonly context: string | null;
  /** Of the service account of the pod in which this process runs: what the kubelet puts into its environment. */
  readonly serviceHost: string | null;
  readonly servicePort: string | null;
  /** Holds `ca.crt` and `token`. */
  readonly serviceAccountFolder: string;
  /** Calls also a server that does not prove who it is. */
  readonly allowsInsecureTls: boolean;
}

/** Where the kubelet puts the files of the service account. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Everything that a connection is made of, as it was last read. */
export interface ClusterAccess extends Credentials {
  readonly server: URL;
  readonly ca: string | null;
  readonly serverName: string | null;
  readonly isVerified: boolean;
}

/** Files of tokens and certificates are replaced while they are in use; the kubelet's say that a minute is often enough. */
const KEPT_MS = MINUTE_MS;

/**
 * The access to a cluster, read anew once a minute at most and when it was refused. Callers at the same time share a
 * read. What cannot be read leaves what was read before.
 */
export class ClusterAccessSource {
  private readonly logger = new Logger(ClusterAccessSource.name);
  private readonly plugins: PluginOfKubeconfig;
  private kept: { readonly access: ClusterAccess; readonly atMs: number } | null = null;
  private reading: Promise<ClusterAccess> | null = null;
  private trouble: string | null = null;

  constructor(
    private readonly settings: ClusterSettings,
    private readonly clock: Clock,
  ) {
    this.plugins = new PluginOfKubeconfig(clock);
  }

  /** @throws ClusterAccessError when it could never be read */
  async current(): Promise<ClusterAccess> {
    const { kept } = this;
    if (kept !== null && Math.abs(this.clock.now() - kept.atMs) < KEPT_MS) return kept.access;
    return this.read();
  }

  /** What is to be used in place of an access that was refused; the same one when there is nothing newer. */
  async renewed(refused: ClusterAccess): Promise<ClusterAccess> {
    // Another caller was refused as well, and has read it anew already.
    if (this.kept !== null && this.kept.access !== refused) return this.kept.access;
    this.plugins.forget();
    return this.read();
  }

  /** Ends the program, or the request to a provider of identities, that is to give credentials, if there is one. */
  async close(): Promise<void> {
    await this.plugins.close();
  }

  private async read(): Promise<ClusterAccess> {
    this.reading ??= this.readAnew().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readAnew(): Promise<ClusterAccess> {
    const before = this.kept?.access ?? null;
    let access: ClusterAccess;
    try {
      access = await readAccess(this.settings, this.plugins);
      this.trouble = null;
    } catch (error) {
      if (before === null || !(error instanceof ClusterAccessError)) throw error;
      if (error.message !== this.trouble) {
        this.logger.warn('The access to the cluster cannot be read; what was read before stays', {
          why: error.message,
        });
      }
      this.trouble = error.message;
      access = before;
    }
    // The same object while it says the same, so that connections stay.
    const isSame = before !== null && JSON.stringify(before) === JSON.stringify(access);
    this.kept = { access: isSame ? before : access, atMs: this.clock.now() };
    return this.kept.access;
  }
}

/** What gives the credentials of the last kubeconfig: it remembers those that it got until they expire. */
export class PluginOfKubeconfig {
  private last: { readonly text: string; readonly plugin: CredentialPlugin } | null = null;
  private oidc: { readonly login: string; readonly tokens: OidcTokens } | null = null;
  /** Of all plugins that there were: one that was forgotten may still wait for its program. */
  private readonly programs = new Programs();
  private readonly closing = new AbortController();

  /** @param load replaced by tests */
  constructor(
    private readonly clock: Clock,
    private readonly load?: () => Promise<unknown>,
  ) {}

  async of(text: string, path: string, context: KubeconfigContext): Promise<CredentialPlugin> {
    if (this.last?.text === text) return this.last.plugin;
    const plugin = await credentialPlugin(path, context, this.programs, this.load);
    this.last = { text, plugin };
    return plugin;
  }

  /** The same ones for the same login, whatever else the kubeconfig says: their refresh token may stand in no file. */
  tokensOf({ issuer, clientId, idToken, refreshToken }: OidcLogin): OidcTokens {
    const own = { issuer, clientId, idToken, refreshToken };
    const login = JSON.stringify(own);
    if (this.oidc?.login !== login) {
      this.oidc = { login, tokens: new OidcTokens(own, this.clock, this.closing.signal) };
    }
    return this.oidc.tokens;
  }

  /** What was given last was refused. */
  forget(): void {
    this.last = null;
    // A refresh token that was replaced stands in no file: it is not forgotten.
    this.oidc?.tokens.refused();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.programs.close();
  }
}

async function readAccess(settings: ClusterSettings, plugins: PluginOfKubeconfig): Promise<ClusterAccess> {
  const access =
    settings.kubeconfig === null
      ? await serviceAccountAccess(settings)
      : await kubeconfigAccess(settings.kubeconfig, settings.context, plugins);
  if (!settings.allowsInsecureTls) refuseInsecure(access);
  return access;
}

async function serviceAccountAccess(settings: ClusterSettings): Promise<ClusterAccess> {
  const { serviceHost, servicePort, serviceAccountFolder } = settings;
  if (serviceHost === null || servicePort === null) {
    throw new ClusterAccessError(
      'no-cluster',
      'no cluster is known: there is neither a kubeconfig nor a service account of a pod',
    );
  }
  const [ca, token] = await Promise.all([
    textOfFile(join(serviceAccountFolder, 'ca.crt')),
    textOfFile(join(serviceAccountFolder, 'token')),
  ]);
  const server = URL.parse(`https://${serviceHost.includes(':') ? `[${serviceHost}]` : serviceHost}:${servicePort}`);
  if (server === null)
    throw new ClusterAccessError('invalid', 'the host and port of the service account are no address');
  return { server, ca, serverName: null, isVerified: true, certificate: null, token: token.trim() };
}

async function kubeconfigAccess(
  path: string,
  wanted: string | null,
  plugins: PluginOfKubeconfig,
): Promise<ClusterAccess> {
  const text = await textOfKubeconfig(path);
  const context = readKubeconfig(await parseDocument(text), wanted, dirname(path));
  const [ca, token, cert, key] = await Promise.all([
    textOf(context.ca),
    textOf(context.token),
    textOf(context.certificate?.cert ?? null),
    textOf(context.certificate?.key ?? null),
  ]);
  const own = {
    server: context.server,
    ca,
    serverName: context.serverName,
    isVerified: !context.skipsTlsVerification,
    certificate: cert === null || key === null ? null : { cert, key },
    token: token?.trim() ?? null,
  };
  if (own.token !== null) return own;
  if (context.oidc !== null) {
    const client = { secret: context.oidc.clientSecret, ca: await textOf(context.oidc.ca) };
    return { ...own, token: await plugins.tokensOf(context.oidc).current(client) };
  }
  if (context.plugin === null) return own;
  const plugin = await plugins.of(text, path, context);
  return { ...own, ...(await plugin.credentials()) };
}

/** A token that was sent to somebody else is lost. */
function refuseInsecure({ server, isVerified }: ClusterAccess): void {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  if (server.protocol === 'http:') {
    // Without TLS there is nothing to verify, whatever the kubeconfig says of it.
    if (isHere) return;
    throw new ClusterAccessError('insecure', 'the address of the cluster is http, by which its answers prove nothing');
  }
  if (!isVerified) {
    throw new ClusterAccessError(
      'insecure',
      'the kubeconfig says insecure-skip-tls-verify, by which anybody can pass for the cluster: name its certificate authority',
    );
  }
}

/** Loaded when there is a kubeconfig: most processes never read one. */
async function parseDocument(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (cause) {
    // Its message quotes the lines around the mistake, in which secrets stand.
    throw new ClusterAccessError('invalid', 'the kubeconfig cannot be used: it is neither YAML nor JSON', {
      cause: cause instanceof Error ? cause.name : null,
    });
  }
}

async function textOf(material: Material | null): Promise<string | null> {
  if (material === null) return null;
  return material.in === 'text' ? material.text : textOfFile(material.path);
}

/** kubectl takes a list of paths and merges them. A path may hold the sign between them itself. */
async function textOfKubeconfig(path: string): Promise<string> {
  try {
    return await textOfFile(path);
  } catch (error) {
    if (!path.includes(delimiter)) throw error;
    throw new ClusterAccessError(
      'unreadable',
      `KUBECONFIG names several files, and one path is wanted: \`kubectl config view --flatten\` makes one of ${oneLine(path)}`,
      { cause: error },
    );
  }
}

async function textOfFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be read';
    throw new ClusterAccessError('unreadable', `${oneLine(path)} cannot be read: ${code}`, { cause });
  }
}
