import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ApiserverCaller } from './apiserver-caller.js';
import { ROOT } from './built-process.js';

/** Where its programs are; empty where the machine has none. */
export const KUBE_APISERVER_DIR = process.env['KUBE_APISERVER_DIR'] ?? '';
if (KUBE_APISERVER_DIR !== '' && !existsSync(join(KUBE_APISERVER_DIR, 'kube-apiserver'))) {
  throw new Error(
    `KUBE_APISERVER_DIR must name the folder with kube-apiserver and etcd, and not ${KUBE_APISERVER_DIR}`,
  );
}

interface ReadyLine {
  readonly url: string;
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly tokens: { readonly admin: string; readonly nobody: string };
}

/** What the apiserver itself noted of a request of a service account: once it was answered, of a watch when that is over. */
export interface AuditedRequest {
  readonly verb: string;
  readonly resource: string;
  readonly query: URLSearchParams;
  readonly code: number;
}

/** A real kube-apiserver with its etcd, without kubelets and controllers. It ends with this process at the latest. */
export class RealApiserver {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answers: AsyncIterator<string>,
    public ready: ReadyLine,
    readonly caller: ApiserverCaller,
  ) {}

  /** @param flags further ones of the apiserver */
  static async start(...flags: readonly string[]): Promise<RealApiserver> {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', 'kube-apiserver.mjs'), ...flags], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse(await nextOf(answers)) as ReadyLine;
    const kubeconfig = JSON.parse(await readFile(ready.kubeconfig, 'utf8')) as Kubeconfig;
    const ca = Buffer.from(kubeconfig.clusters[0].cluster['certificate-authority-data'], 'base64').toString();
    return new RealApiserver(child, answers, ready, new ApiserverCaller(ready.url, ready.tokens.admin, ca));
  }

  /** Kills the apiserver alone, and comes back when another answers at its address. */
  async restart(): Promise<void> {
    this.ready = JSON.parse(await this.order('restart')) as ReadyLine;
  }

  /** Has etcd forget every state before the present one. */
  async compact(): Promise<void> {
    await this.order('compact');
  }

  /** What service accounts have asked of it. */
  async audited(): Promise<readonly AuditedRequest[]> {
    const bytes = await readFile(this.ready.auditLog);
    const lines = bytes.toString('utf8', 0, bytes.lastIndexOf('\n') + 1).split('\n');
    return lines.filter(Boolean).map(auditedRequest);
  }

  async stop(): Promise<void> {
    await this.caller.close();
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin?.end();
    await ended;
  }

  private async order(word: string): Promise<string> {
    this.child.stdin?.write(`${word}\n`);
    return nextOf(this.answers);
  }
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: { readonly resource: string };
  readonly responseStatus?: { readonly code: number };
}

function auditedRequest(line: string): AuditedRequest {
  const { verb, requestURI, objectRef, responseStatus } = JSON.parse(line) as AuditEvent;
  return {
    verb,
    resource: objectRef?.resource ?? '',
    query: new URL(requestURI, 'https://apiserver.invalid').searchParams,
    code: responseStatus?.code ?? 0,
  };
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
}

async function nextOf(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the apiserver has ended; what it said last is above');
  return value;
}
