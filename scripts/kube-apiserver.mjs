import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fail } from './bootstrap/announce.mjs';
import { builtApiserver } from './bootstrap/kube-apiserver.mjs';

/**
 * `node scripts/kube-apiserver.mjs`: a cluster of a real kube-apiserver and etcd on loopback, without kubelets and controllers:
 * pods stay Pending, and nobody but its callers changes anything. It prints a line of JSON as soon as it answers, and ends with
 * its standard input, so that it outlives no test. A line there is an order, and each is answered by a line when it is done:
 *
 *     restart   the apiserver anew, over the same etcd and with connections broken
 *     compact   makes etcd forget all that was before
 *
 * Contexts of its kubeconfig: `admin` (token), `certificate` (client certificate), `nobody` (token without any right). What service
 * accounts ask for is in its audit log.
 */
/** Only ends what would hang: a busy machine takes many times as long as an idle one. */
const READY_MS = 600_000;
/** Each time is a connection of its own, with TLS. */
const ASKED_AGAIN_MS = 250;
const SHOWN_LINES = 20;
const run = promisify(execFile);

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
    userGroups: [system:serviceaccounts]
  - level: None
`;

class Server {
  /** @param log where its output goes */
  constructor(program, args, log) {
    const output = openSync(log, 'a');
    // Even where this process is killed, its servers end.
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', output, output] });
    closeSync(output);
    this.log = log;
    this.isWanted = true;
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', resolve);
    });
    this.ended.then(
      () => this.isWanted && void this.complain(`${program} has ended by itself`),
      (error) => fail(error.message),
    );
  }

  get pid() {
    return this.child.pid;
  }

  /** At once: an apiserver that is asked to end waits a minute for the watches that are open. */
  async kill() {
    this.isWanted = false;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async complain(text) {
    const log = await readFile(this.log, 'utf8');
    fail(`${text}\n${log.trim().split('\n').slice(-SHOWN_LINES).join('\n')}`);
  }

  async isReady(ask) {
    const deadline = Date.now() + READY_MS;
    while ((await ask().catch(() => null)) !== 200) {
      if (Date.now() > deadline) await this.complain('it does not get ready');
      await pause(ASKED_AGAIN_MS);
    }
  }
}

/** @returns {Promise<{ status: number, body: string }>} */
function call(request, url, { body, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Each signed by itself, so that who trusts one trusts nobody else. */
async function makeCertificate(folder, name, subject, ...extensions) {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '30',
    '-subj',
    subject,
    '-keyout',
    join(folder, `${name}.key`),
    '-out',
    join(folder, `${name}.crt`),
    ...added,
  ]);
}

async function kubeconfig(folder, server, tokens) {
  const base64 = async (name) => (await readFile(join(folder, name))).toString('base64');
  const users = {
    admin: { token: tokens.admin },
    nobody: { token: tokens.nobody },
    certificate: {
      'client-certificate-data': await base64('admin.crt'),
      'client-key-data': await base64('admin.key'),
    },
  };
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'admin',
      clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': await base64('server.crt') } }],
      users: Object.entries(users).map(([name, user]) => ({ name, user })),
      contexts: Object.keys(users).map((name) => ({ name, context: { cluster: 'real', user: name } })),
    },
    null,
    2,
  );
}

async function main() {
  const programs = builtApiserver();
  if (programs === null) throw new Error('no kube-apiserver is on this machine; npm run test:kubernetes builds one');
  const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-apiserver-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = (name) => join(folder, name);
  const [port, etcdPort, peerPort] = await freePorts(3);
  const [url, etcdUrl, peerUrl] = [
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${etcdPort}`,
    `http://127.0.0.1:${peerPort}`,
  ];
  const tokens = { admin: randomBytes(16).toString('hex'), nobody: randomBytes(16).toString('hex') };
  await Promise.all([
    makeCertificate(folder, 'server', '/CN=kube-apiserver', 'subjectAltName=IP:127.0.0.1,DNS:localhost'),
    makeCertificate(folder, 'admin', '/O=system:masters/CN=admin-by-certificate'),
    writeFile(file('tokens.csv'), `${tokens.admin},admin,admin,"system:masters"\n${tokens.nobody},nobody,nobody\n`),
    writeFile(file('audit-policy.yaml'), AUDIT_POLICY),
  ]);
  await writeFile(file('kubeconfig'), await kubeconfig(folder, url, tokens));
  const ca = await readFile(file('server.crt'));

  const etcd = new Server(
    join(programs, 'etcd'),
    [
      '--name',
      'only',
      '--data-dir',
      file('etcd'),
      '--logger',
      'zap',
      '--log-level',
      'warn',
      '--listen-client-urls',
      etcdUrl,
      '--advertise-client-urls',
      etcdUrl,
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      `only=${peerUrl}`,
    ],
    file('etcd.log'),
  );
  await etcd.isReady(async () => (await call(httpRequest, `${etcdUrl}/health`)).status);

  const startApiserver = async () => {
    const begun = Date.now();
    const server = new Server(
      join(programs, 'kube-apiserver'),
      [
        '--etcd-servers',
        etcdUrl,
        '--etcd-compaction-interval=0',
        '--endpoint-reconciler-type=none',
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${port}`,
        `--tls-cert-file=${file('server.crt')}`,
        `--tls-private-key-file=${file('server.key')}`,
        `--client-ca-file=${file('admin.crt')}`,
        `--token-auth-file=${file('tokens.csv')}`,
        '--authorization-mode=RBAC',
        '--service-cluster-ip-range=10.0.0.0/24',
        '--profiling=false',
        '--service-account-issuer=https://kubernetes.default.svc',
        '--disable-admission-plugins=ServiceAccount',
        `--service-account-key-file=${file('server.crt')}`,
        `--service-account-signing-key-file=${file('server.key')}`,
        `--audit-policy-file=${file('audit-policy.yaml')}`,
        `--audit-log-path=${file('audit.log')}`,
        ...process.argv.slice(2),
      ],
      file('kube-apiserver.log'),
    );
    const authorization = `Bearer ${tokens.admin}`;
    const options = { ca, headers: { authorization }, agent: false };
    await server.isReady(async () => (await call(httpsRequest, `${url}/readyz`, options)).status);
    print({
      ready: true,
      url,
      kubeconfig: file('kubeconfig'),
      auditLog: file('audit.log'),
      tokens,
      pids: { etcd: etcd.pid, apiserver: server.pid },
      readyMs: Date.now() - begun,
    });
    return server;
  };

  let apiserver = await startApiserver();
  const orders = {
    restart: async () => {
      await apiserver.kill();
      apiserver = await startApiserver();
    },
    compact: async () => {
      const post = async (path, body) => {
        const { status, body: text } = await call(httpRequest, etcdUrl + path, {
          method: 'POST',
          body: JSON.stringify(body),
        });
        if (status !== 200) throw new Error(`etcd answered ${status} to ${path}: ${text}`);
        return JSON.parse(text);
      };
      // Any read tells at which revision etcd is.
      const { header } = await post('/v3/kv/range', { key: Buffer.from('none').toString('base64') });
      await post('/v3/kv/compaction', { revision: header.revision, physical: true });
      print({ compacted: header.revision });
    },
  };
  const input = createInterface({ input: process.stdin });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => input.close());
  for await (const line of input) {
    const order = orders[line.trim()];
    if (order === undefined) print({ unknown: line });
    else await order();
  }
  process.stdin.destroy();
  await Promise.all([apiserver.kill(), etcd.kill()]);
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await main().catch((error) => fail(error.message));
