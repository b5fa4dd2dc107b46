import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { timestampFromMs } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSecret, publicKeyOf, rotatedSecrets } from '../src/model/secrets.js';
import { anEndpoint, senderWith } from './support/senders.js';

const EXAMPLES = join(import.meta.dirname, '../../../docs/examples/webhooks');
const PYTHON = process.env['PYTHON_BIN'] || 'python3';
/** Empty where Go is not to be had; `npm test` then says so. */
const GO = process.env['GO_BIN'] ?? '';

const NOW = timestampFromMs(Date.now());
const SHARED = newSecret('v1', NOW);
const PAIR = newSecret('v1a', NOW);
const signal = new AbortController().signal;

/** A receiver of docs/webhooks.md, as a stranger would run it. */
class Receiver {
  private readonly lines: string[] = [];
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(command: string, args: readonly string[]): Promise<Receiver> {
    const secrets = [SHARED.key, publicKeyOf(PAIR)].join(' ');
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', PORT: '0', WEBHOOK_SECRET: secrets },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${command} ${args.join(' ')} ended`);
    });
    const [first] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    const port = /listening on (\d+)/.exec(first)?.[1];
    const receiver = new Receiver(child, `http://127.0.0.1:${port}/`);
    ended.catch(() => undefined);
    lines.on('line', (line) => receiver.lines.push(line));
    return receiver;
  }

  /** What it said of events that it took. */
  get taken(): readonly string[] {
    return this.lines;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

describe.each([
  ['receiver.mjs', [SHARED, PAIR]],
  // The standard library of Python has no ed25519.
  ['receiver.py', [SHARED]],
  ['receiver.go', [SHARED, PAIR]],
] as const)('the example %s', (file, known) => {
  const isToBeHad = !file.endsWith('.go') || GO !== '';
  let receiver: Receiver;
  let folder: string;

  beforeAll(async () => {
    if (!isToBeHad) return;
    const path = join(EXAMPLES, file);
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-receiver-'));
    if (file.endsWith('.mjs')) receiver = await Receiver.start(process.execPath, [path]);
    else if (file.endsWith('.py')) receiver = await Receiver.start(PYTHON, [path]);
    else {
      const binary = join(folder, 'receiver');
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off' };
      await promisify(execFile)(GO, ['build', '-o', binary, path], { env });
      receiver = await Receiver.start(binary, []);
    }
  });
  afterAll(async () => {
    await receiver?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function send(id: string, secrets = [SHARED], change: { at?: typeof NOW; body?: string } = {}) {
    const { sender } = senderWith({ attemptMs: 60_000 });
    const body = change.body ?? JSON.stringify({ id, type: 'instance.ready', sequence: 3, name: 'Grüße ✓' });
    const at = change.at ?? timestampFromMs(Date.now());
    const endpoint = anEndpoint({ url: receiver.url, secrets });
    const result = await sender.send({ endpoint, webhookId: id, body, at }, signal);
    await sender.onApplicationShutdown();
    return result.kind === 'answered' ? result.status : result;
  }

  it.runIf(isToBeHad)('takes what is signed, once, whoever of old and new secret it knows', async () => {
    expect(await send('1-0')).toBe(204);
    expect(await send('1-0')).toBe(204);
    const stranger = newSecret('v1', NOW);
    expect(await send('2-0', [...rotatedSecrets([stranger], SHARED, 60_000)])).toBe(204);
    expect(await send('3-0', [...rotatedSecrets([SHARED], stranger, 60_000)])).toBe(204);
    await expect.poll(() => receiver.taken).toEqual(['1-0', '2-0', '3-0'].map((id) => `${id} instance.ready 3`));
  });

  it.runIf(isToBeHad)('takes nothing else', async () => {
    expect(await send('8-0', [])).toBe(401);
    expect(await send('8-0', [newSecret('v1', NOW)])).toBe(401);
    const longAgo = timestampFromMs(Date.now() - 3_600_000);
    expect(await send('8-0', [SHARED], { at: longAgo })).toBe(401);
    const answer = await fetch(receiver.url, { method: 'POST', body: '{"id":"8-0","type":"instance.ready"}' });
    expect(answer.status).toBe(401);
    expect(receiver.taken.filter((line) => line.startsWith('8-0'))).toEqual([]);
  });

  it.runIf(isToBeHad)('verifies each kind of signature that it knows', async () => {
    for (const secret of known) {
      expect(await send(`9-${secret.algorithm}`, [secret])).toBe(204);
      expect(await send(`10-${secret.algorithm}`, [newSecret(secret.algorithm, NOW)])).toBe(401);
    }
  });
});
