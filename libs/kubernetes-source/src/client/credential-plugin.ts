import { isObject, SECOND_MS, untilAborted } from '@app/platform';
import { ClusterAccessError, type KubeconfigContext } from './kubeconfig.js';

/** As whom a cluster is called. */
export interface Credentials {
  readonly token: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/** Gets credentials from a program (exec) or a provider of identities (OIDC). */
export interface CredentialPlugin {
  /** @throws ClusterAccessError */
  credentials(): Promise<Credentials>;
}

/** A program may wait for the network, or for a person who is not there. */
const LIMIT_MS = 30 * SECOND_MS;
const PACKAGE = '@kubernetes/client-node';

/** As much of the package as is used. It is no dependency: who needs neither kind of credentials does without its 62 MB. */
interface ClientNode {
  readonly KubeConfig: new () => {
    loadFromFile(path: string): void;
    setCurrentContext(name: string): void;
    /** Runs the program, or refreshes the token, unless what it got last has not expired. */
    applyToHTTPSOptions(options: HttpsOptions): Promise<void>;
  };
}

interface HttpsOptions {
  headers?: Record<string, unknown>;
  cert?: unknown;
  key?: unknown;
}

/**
 * The plugin of a context that has one. It keeps what it got until that expires.
 *
 * @param path of the kubeconfig, whose relative paths the package resolves itself
 * @param load replaced by tests
 * @throws ClusterAccessError when the package is not installed
 */
export async function credentialPlugin(
  path: string,
  { name, plugin }: KubeconfigContext,
  load: () => Promise<unknown> = () => import(PACKAGE),
): Promise<CredentialPlugin> {
  const config = new (await clientNode(plugin, load)).KubeConfig();
  config.loadFromFile(path);
  config.setCurrentContext(name);
  return {
    credentials: async () => {
      const options: HttpsOptions = { headers: {} };
      try {
        await withinLimit(config.applyToHTTPSOptions(options));
      } catch (cause) {
        const message = cause instanceof Error ? withoutSecrets(cause.message).trim() : '';
        const why = message === '' ? 'it said no reason' : message;
        throw new ClusterAccessError('plugin-failed', `the kubeconfig's ${plugin} gave no credentials: ${why}`);
      }
      return credentialsIn(options);
    },
  };
}

async function clientNode(plugin: KubeconfigContext['plugin'], load: () => Promise<unknown>): Promise<ClientNode> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (cause) {
    throw new ClusterAccessError(
      'plugin-missing',
      `the kubeconfig's credentials come by ${plugin}, for which a package is needed that cannot be loaded: npm install ${PACKAGE}`,
      { cause },
    );
  }
  if (!isObject(loaded) || typeof loaded['KubeConfig'] !== 'function') {
    throw new ClusterAccessError('plugin-missing', `the package ${PACKAGE} has no KubeConfig: install version 1 or 2`);
  }
  return loaded as unknown as ClientNode;
}

/** What does not come in time is left to itself: there is no way to end it. */
async function withinLimit(work: Promise<void>): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LIMIT_MS);
  try {
    if ((await untilAborted(work, limit.signal)) === null) {
      throw new Error(`there was no answer within ${LIMIT_MS / SECOND_MS} s`);
    }
  } finally {
    clearTimeout(timer);
  }
}

function credentialsIn({ headers, cert, key }: HttpsOptions): Credentials {
  const authorization = headers?.['Authorization'];
  const token = typeof authorization === 'string' ? authorization.replace(/^Bearer /, '') : null;
  const certificate = isText(cert) && isText(key) ? { cert: String(cert), key: String(key) } : null;
  if (token === null && certificate === null) {
    throw new ClusterAccessError(
      'plugin-failed',
      'the plugin of the kubeconfig gave neither a token nor a certificate',
    );
  }
  return { token, certificate };
}

function isText(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

/** What a program writes before it fails may hold what it got until then. */
function withoutSecrets(message: string): string {
  return message.replace(/[\w+/=.-]{32,}/g, '...');
}
