import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { delay, isObject, SECOND_MS, untilAborted } from '@app/platform';
import { ClusterAccessError, type KubeconfigContext } from './kubeconfig.js';

/** As whom a cluster is called. */
export interface Credentials {
  readonly token: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/** Gets credentials from a program (exec), or from what an auth-provider of a cloud runs. */
export interface CredentialPlugin {
  /** @throws ClusterAccessError */
  credentials(): Promise<Credentials>;
}

/** A program may wait for the network, or for a person who is not there. */
const LIMIT_MS = 30 * SECOND_MS;
/** For a program to end by itself when it is asked to. */
const GRACE_MS = SECOND_MS;
const PACKAGE = '@kubernetes/client-node';

/** As much of the package as is used. It is no dependency: who needs neither kind of credentials does without its 62 MB. */
interface ClientNode {
  readonly KubeConfig: new () => {
    loadFromFile(path: string): void;
    setCurrentContext(name: string): void;
    /** Runs the program, unless what it got last has not expired. */
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
 * @param programs end what the plugin starts
 * @param load replaced by tests
 * @throws ClusterAccessError when the package is not installed
 */
export async function credentialPlugin(
  path: string,
  { name, plugin }: KubeconfigContext,
  programs: Programs,
  load: () => Promise<unknown> = () => import(PACKAGE),
): Promise<CredentialPlugin> {
  const config = new (await clientNode(plugin, load)).KubeConfig();
  config.loadFromFile(path);
  config.setCurrentContext(name);
  return {
    credentials: async () => {
      const options: HttpsOptions = { headers: {} };
      try {
        await withinLimit(programs.during(() => config.applyToHTTPSOptions(options)));
      } catch (cause) {
        await programs.end();
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

/** Which programs belong to whom, by what was under way when they were started. */
const starters = new AsyncLocalStorage<Programs>();
let isHeard = false;

/**
 * The programs that the package starts. It keeps them to itself, so that they are known by what Node says of each process
 * that begins.
 */
export class Programs {
  private readonly running = new Set<ChildProcess>();
  private isClosed = false;

  /** @throws ClusterAccessError after the end */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.isClosed) throw new ClusterAccessError('plugin-failed', 'the connection to the cluster was given up');
    if (!isHeard) channel('child_process').subscribe(hear);
    isHeard = true;
    return starters.run(this, work);
  }

  began(program: ChildProcess): void {
    this.running.add(program);
    program.once('close', () => this.running.delete(program));
    program.once('error', () => this.running.delete(program));
    // What was under way at the end may start one after it.
    if (this.isClosed) void ended(program);
  }

  /** As `end`, and none is started any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.end();
  }

  /** Comes back when none runs any more. */
  async end(): Promise<void> {
    await Promise.all(Array.from(this.running, ended));
  }
}

function hear(message: unknown): void {
  if (isObject(message)) starters.getStore()?.began(message['process'] as ChildProcess);
}

async function ended(program: ChildProcess): Promise<void> {
  const over = new AbortController();
  program.once('exit', () => over.abort());
  if (program.exitCode !== null || program.signalCode !== null || !program.kill('SIGTERM')) return;
  await delay(GRACE_MS, over.signal);
  if (!over.signal.aborted) program.kill('SIGKILL');
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

/** What a program or a server says of a failure may hold what it got until then. */
export function withoutSecrets(message: string): string {
  return message.replace(/[\w+/=.-]{32,}/g, '...');
}
