import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { closeServer, listen } from '../api/http-server.js';
import { KubernetesApiServer, type KubernetesCall } from './api-server.js';
import { Cluster } from './cluster.js';
import { type KubernetesFault, KubernetesFaults, type StandingKubernetesFault } from './faults.js';
import { apiVersionOf, FACE_ROWS, type FaceKind } from './kinds.js';
import { ObjectLog } from './object-log.js';
import { seededCluster } from './seed-cluster.js';
import { type KubernetesObject, objectKey, type StoredObject, wholeObject } from './stored-object.js';

export interface KubernetesFaceOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The same seed makes the same uids and the same seeded cluster; default 1. */
  readonly seed?: number;
  /** How many changes of each kind are remembered; default 10,000. */
  readonly historyLimit?: number;
  /** How often a watch that wants bookmarks gets one; default a minute. */
  readonly bookmarkMs?: number;
  /** How long after the first page of a list the next ones can be had; default five minutes. */
  readonly continueTtlMs?: number;
  /** How much later each page of a list comes; default 0. */
  readonly pageDelayMs?: number;
  /** False for an apiserver that knows no WatchList; default true. */
  readonly watchList?: boolean;
  /** When set, who shows neither it nor a client certificate gets 401. kubectl shows a token over TLS only. */
  readonly token?: string;
  /** PEM texts. With a `clientCa`, certificates that it signed let in. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    /** What clients are to trust; default the certificate itself. */
    readonly ca?: string;
    readonly clientCa?: string;
  };
}

/** A stand-in for a cluster's apiserver, for tests and a first try. Its objects live in memory and end with it. */
export interface KubernetesFace {
  readonly url: string;
  readonly port: number;
  /** The latest version of all objects. */
  readonly resourceVersion: string;
  /** The requests of late, in their order, to be counted. */
  readonly calls: readonly KubernetesCall[];
  forgetCalls(): void;
  /** How many watches are open, of one kind or of all. */
  openWatches(kind?: FaceKind): number;
  /** Ends open watches in order, of one kind or of all, as the server does when their time is over. */
  endWatches(kind?: FaceKind): void;
  /** A kubeconfig with this address and, if one is asked for, the token. */
  kubeconfig(): string;
  /**
   * Writes an object as it is, its status too, whether it is there or not; uid and creationTimestamp are the face's.
   *
   * @returns what came of it
   */
  apply(kind: FaceKind, object: KubernetesObject): KubernetesObject;
  /** Takes it away at once, whatever its finalizers say. @param namespace null for what stands in none @returns whether it was there */
  remove(kind: FaceKind, namespace: string | null, name: string): boolean;
  /** A copy of it as the API shows it; null when there is none. */
  object(kind: FaceKind, namespace: string | null, name: string): KubernetesObject | null;
  /** Copies of all, in the order of lists. */
  all(kind: FaceKind): readonly KubernetesObject[];
  /** Makes a cluster around so many pods of about 8 kB: namespaces, nodes with and without GPUs, and some of each kind. */
  seedCluster(pods: number): void;
  /** Forgets history as etcd does that is compacted: earlier versions and continue tokens are 410 from now on. Open watches go on. */
  compact(): void;
  /**
   * Starts the server anew: connections break, its objects stay; watches cannot go on from where they were, lists in pages can.
   *
   * @param downMs how long nobody answers in between; default 0
   */
  restart(downMs?: number): Promise<void>;
  /** @throws when it has no meaning */
  fault(fault: KubernetesFault): StandingKubernetesFault;
  /** Breaks off open requests. */
  close(): Promise<void>;
}

/**
 * Starts a face in this process; resolves when it answers.
 *
 * @throws when the port cannot be had
 */
export async function startKubernetesFace(options: KubernetesFaceOptions = {}): Promise<KubernetesFace> {
  const face = new RunningFace(options);
  await face.listen();
  return face;
}

const MINUTE_MS = 60_000;
/** Longer than clients keep a connection that is idle. */
const KEEP_ALIVE_MS = 120_000;
const CLUSTER_NAME = 'sandbox';

class RunningFace implements KubernetesFace {
  private readonly log: ObjectLog;
  private readonly cluster: Cluster;
  private readonly faults: KubernetesFaults;
  private readonly api: KubernetesApiServer;
  private server: Server;
  private listeningPort: number;

  constructor(private readonly options: KubernetesFaceOptions) {
    this.log = new ObjectLog(options.historyLimit ?? 10_000);
    this.cluster = new Cluster(this.log, options.seed ?? 1);
    this.faults = new KubernetesFaults(() => this.api.pumpWatches());
    this.api = new KubernetesApiServer(this.log, this.cluster, this.faults, {
      token: options.token ?? null,
      watchList: options.watchList ?? true,
      bookmarkMs: options.bookmarkMs ?? MINUTE_MS,
      continueTtlMs: options.continueTtlMs ?? 5 * MINUTE_MS,
      pageDelayMs: options.pageDelayMs ?? 0,
    });
    this.listeningPort = options.port ?? 0;
    this.server = this.newServer();
    for (const name of ['default', 'kube-system']) this.cluster.put('Namespace', { metadata: { name }, ...ACTIVE });
  }

  async listen(): Promise<void> {
    this.listeningPort = await listen(this.server, this.options.host ?? '127.0.0.1', this.listeningPort);
  }

  get url(): string {
    const { host = '127.0.0.1', tls } = this.options;
    const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `${tls === undefined ? 'http' : 'https'}://${reachable}:${this.port}`;
  }

  get port(): number {
    return this.listeningPort;
  }

  get resourceVersion(): string {
    return String(this.log.version);
  }

  get calls(): readonly KubernetesCall[] {
    return this.api.callLog();
  }

  forgetCalls(): void {
    this.api.forgetCalls();
  }

  openWatches(kind?: FaceKind): number {
    return this.api.openWatches(kind);
  }

  endWatches(kind?: FaceKind): void {
    this.api.endWatches(kind);
  }

  kubeconfig(): string {
    const { token, tls } = this.options;
    // Without TLS nothing is verified, and the client for Node wants that said.
    const trust =
      tls === undefined
        ? { 'insecure-skip-tls-verify': true }
        : { 'certificate-authority-data': Buffer.from(tls.ca ?? tls.cert).toString('base64') };
    // JSON is YAML too, and needs nobody to quote it.
    return `${JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: CLUSTER_NAME, cluster: { server: this.url, ...trust } }],
        users: [{ name: CLUSTER_NAME, user: token === undefined ? {} : { token } }],
        contexts: [{ name: CLUSTER_NAME, context: { cluster: CLUSTER_NAME, user: CLUSTER_NAME } }],
        'current-context': CLUSTER_NAME,
      },
      null,
      2,
    )}\n`;
  }

  apply(kind: FaceKind, object: KubernetesObject): KubernetesObject {
    return shown(kind, this.cluster.put(kind, object));
  }

  remove(kind: FaceKind, namespace: string | null, name: string): boolean {
    return this.log.delete(kind, objectKey(namespace, name)) !== null;
  }

  object(kind: FaceKind, namespace: string | null, name: string): KubernetesObject | null {
    const found = this.log.get(kind, objectKey(namespace, name));
    return found === null ? null : shown(kind, found);
  }

  all(kind: FaceKind): readonly KubernetesObject[] {
    return this.log.list(kind).map((object) => shown(kind, object));
  }

  seedCluster(pods: number): void {
    for (const { kind, object } of seededCluster(pods, this.options.seed ?? 1)) this.cluster.put(kind, object);
  }

  compact(): void {
    this.log.forgetHistory();
  }

  async restart(downMs = 0): Promise<void> {
    await this.close();
    this.log.forgetWatchHistory();
    if (downMs > 0) await new Promise((resolve) => setTimeout(resolve, downMs));
    this.server = this.newServer();
    await this.listen();
  }

  fault(fault: KubernetesFault): StandingKubernetesFault {
    return this.faults.put(fault);
  }

  async close(): Promise<void> {
    const closed = closeServer(this.server);
    this.api.destroyWatches();
    this.server.closeAllConnections();
    await closed;
  }

  private newServer(): Server {
    const { tls } = this.options;
    const handle: RequestListener = (request, response) => {
      void this.api.handle(request, response);
    };
    const keepAlive = { keepAliveTimeout: KEEP_ALIVE_MS };
    if (tls === undefined) return createHttpServer(keepAlive, handle);
    const { cert, key, clientCa } = tls;
    const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
    return createTlsServer({ ...keepAlive, cert, key, ...clients }, handle);
  }
}

const ACTIVE = { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } as const;

function shown(kind: FaceKind, object: StoredObject): KubernetesObject {
  return { kind, apiVersion: apiVersionOf(FACE_ROWS[kind]), ...wholeObject(object) };
}
