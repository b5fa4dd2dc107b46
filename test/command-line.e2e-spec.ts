import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startCuttingProxy } from '@app/testing/servers';
import type { Instance } from '@novita-fleet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetForAgents, KEYS_OF_AGENTS } from './suites/mcp.js';
import { NODE_COMPILE_CACHE, ROOT } from './support/built-process.js';
import { OneProcess } from './support/one-process.js';
import { Terminal } from './support/terminal.js';
import { PATIENCE_MS, until } from './support/until.js';

const CLI = join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js');

const KEY = 'key-of-a-person-at-a-terminal';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a terminal and what an agent ask are answered by one service. */
let service: OneProcess;

beforeAll(async () => {
  service = await OneProcess.start({ keys: [...KEYS_OF_AGENTS, { name: 'person', role: 'admin', key: KEY }] });
});
afterAll(async () => {
  await service?.stop();
});

fleetForAgents(() => service);

/** The command line and the client, against the built service. */
describe('the command line', () => {
  let folder: string;
  let url: string;

  const environment = (env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    // As the program's own start has it.
    NODE_COMPILE_CACHE,
    XDG_CONFIG_HOME: join(folder, 'config'),
    NOVITA_FLEET_URL: url,
    NOVITA_FLEET_KEY: KEY,
    ...env,
  });
  const run = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
    new Promise((resolve) => {
      const options = { env: environment(env), timeout: PATIENCE_MS };
      execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  const nf = (...args: string[]): Promise<Ended> => run([CLI, ...args]);
  const json = async <Document>(...args: string[]): Promise<Document> => {
    const { code, stdout, stderr } = await nf('--json', ...args);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as Document;
  };

  beforeAll(() => {
    ({ folder, url } = service);
  });

  it('creates an instance, waits until it is ready, shows it, keeps it, says why, and deletes it', async () => {
    const follower: ChildProcess = spawn(process.execPath, [CLI, '--json', 'events', '--types', 'instance.*'], {
      env: environment(),
    });
    const events: { readonly type: string; readonly instanceId?: string }[] = [];
    let rest = '';
    follower.stdout?.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line) as { readonly type: string }));
    });
    await until('the stream is open', () => Promise.resolve(events.some(({ type }) => type === 'connected')));

    const created = await nf(
      'create',
      'by-hand',
      '--gpu',
      'RTX 4090',
      '--image',
      'nginx',
      '--port',
      '80/http',
      '--wait',
    );
    expect(created).toMatchObject({ code: 0 });
    expect(created.stderr).toMatch(/by-hand is [a-z_]+\n/);
    expect(created.stdout).toMatch(/\$0\.\d\d an hour[^]*status +ready/);
    const made = await json<Instance>('get', 'by-hand');
    expect(made).toMatchObject({ name: 'by-hand', status: 'ready' });
    await until('the stream has shown it', () =>
      Promise.resolve(events.some(({ type, instanceId }) => type === 'instance.ready' && instanceId === made.id)),
    );
    follower.kill('SIGINT');

    expect(await json<Instance[]>('ls', '--name', 'by-hand')).toMatchObject([{ id: made.id, status: 'ready' }]);
    const table = await nf('ls', '--name', 'by-hand', '--columns', 'name,status,price');
    expect(table.stdout).toBe('NAME     STATUS    $/H\nby-hand  ready   $0.37\n1 instance, 1 billed: $0.37 an hour\n');
    expect((await nf('lease', 'by-hand', '3h')).stdout).toMatch(/before \d{4}-/);
    // A time that is forgotten takes nothing away.
    expect(await nf('lease', 'by-hand')).toMatchObject({ code: 2, stderr: expect.stringContaining('3h') });
    expect(await nf('lease', 'by-hand', '3hours')).toMatchObject({ code: 2, stderr: expect.stringContaining('3h') });
    expect(await json('why', made.id)).toMatchObject({ verdict: 'keep', rule: 'leased' });
    expect((await nf('open', 'by-hand', '--print')).stdout).toMatch(/^http:\/\//);
    expect((await nf('ssh', 'by-hand', '--print')).stdout).toMatch(/^ssh -p \d+ root@/);
    // A completion that comes late is left out: a busy machine needs another one.
    await until(
      'its name is completed',
      async () => (await nf('complete', '--', 'get', 'by-h')).stdout === 'by-hand\n',
    );
    expect((await nf('rm', 'by-hand', '--wait')).code).toBe(0);
    expect(sandboxStatus(await nf('get', made.id))).toBe('terminated');
  });

  it('has an exit code for each way of failing, and says what to do', async () => {
    expect(await nf('get', 'nobody')).toMatchObject({ code: 4, stderr: expect.stringContaining('"nobody"') });
    expect(await nf('frobnicate')).toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
    expect(await nf('create', 'x', '--gpu', 'RTX 4090')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/image'),
    });
    expect(await nf('create', 'x', '--gpu', 'RTX 4090', '--image', 'i', '--gpus', '4x')).toMatchObject({ code: 2 });
    const refused = await run([CLI, 'ls'], { NOVITA_FLEET_KEY: 'a-key-that-nobody-has' });
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('not known') });
    const away = await run([CLI, 'ls'], { NOVITA_FLEET_URL: `http://127.0.0.1:${await freePort()}` });
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') });
  });

  it('keeps a profile with its key for its owner only, and goes by it', async () => {
    expect(await nf('profile', 'add', 'here', url)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('admin'),
    });
    const file = join(folder, 'config', 'novita-fleet', 'profiles.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const alone = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE, XDG_CONFIG_HOME: join(folder, 'config') };
    const spend = await new Promise<Ended>((resolve) => {
      execFile(process.execPath, [CLI, 'spend'], { env: alone }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
    expect(spend).toMatchObject({ code: 0, stdout: expect.stringMatching(/Today +\$/) });
    await writeFile(file, '{');
    expect(await run([CLI, 'ls'])).toMatchObject({ code: 1, stderr: expect.stringContaining('damaged') });
    await rm(file);
  });

  it('shows the fleet on the whole screen: at each size, while the service is away, and the shell again afterwards', async () => {
    const target = Number(new URL(url).port);
    let proxy = await startCuttingProxy(target);
    const terminal = new Terminal(
      [process.execPath, CLI, 'top'],
      environment({ NOVITA_FLEET_URL: `http://127.0.0.1:${proxy.port}`, TERM: 'xterm-256color' }),
      { rows: 24, columns: 80 },
    );
    try {
      await until('it shows the fleet', async () => terminal.text.includes('running, $'));
      expect([terminal.isOther, terminal.hasCursor]).toEqual([true, false]);
      expect(terminal.lines[0]).toMatch(/^novita-fleet {2}http:.* as of \d{4}-/);
      expect(terminal.written).toContain('\u001B[1m');
      const titles = (): string => terminal.lines.find((line) => line.startsWith('NAME')) ?? '';
      expect(titles()).not.toContain('OWNER');

      terminal.resize({ rows: 50, columns: 200 });
      await until('it is drawn for the larger one', async () => titles().includes('OWNER'));

      await proxy.close();
      await until('it says that it is away', async () => /not read anew since: .* does not answer/.test(terminal.text));
      // What it knows stays.
      expect(terminal.text).toMatch(/running, \$[^]*NAME +STATUS/);
      proxy = await startCuttingProxy(target, proxy.port);
      await until('it reads again', async () => !terminal.text.includes('not read anew'));

      terminal.type('\u001B[A');
      terminal.type('\u0003');
      expect(await terminal.ended).toBe(0);
      expect([terminal.isOther, terminal.hasCursor, terminal.text.trim()]).toEqual([false, true, '']);
    } finally {
      await terminal.close();
      await proxy.close();
    }
  });

  it('gives the screen back when it is ended by a signal, and has no colours where none are wanted', async () => {
    const env = environment({ TERM: 'xterm', NO_COLOR: '1' });
    const terminal = new Terminal([process.execPath, CLI, 'top'], env, { rows: 10, columns: 40 });
    await until('it shows the fleet', async () => terminal.text.includes('running, $'));
    terminal.signal(15);
    expect(await terminal.ended).toBe(143);
    expect([terminal.isOther, terminal.hasCursor]).toEqual([false, true]);
    expect(terminal.written).not.toContain('\u001B[1m');
    expect(await run([CLI, 'top'])).toMatchObject({ code: 2, stderr: expect.stringContaining('terminal') });
  });

  it('completes words without a word of what went wrong', async () => {
    const away = { NOVITA_FLEET_URL: `http://127.0.0.1:${await freePort()}` };
    expect(await run([CLI, 'complete', '--', 'st'], away)).toEqual({ code: 0, stdout: 'start\nstop\n', stderr: '' });
    expect(await run([CLI, 'complete', '--', 'get', ''], away)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it("runs the client's own example", async () => {
    const example = join(ROOT, 'dist', 'clients', 'typescript', 'examples', 'first-instance.js');
    const { code, stdout, stderr } = await run([example, url, KEY]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/costs \$0\.\d+ an hour[^]*ready\n\d+ instances stand idle\n$/);
  });
});

const sandboxStatus = ({ stdout }: Ended): string | undefined => /^status +(\S+)/m.exec(stdout)?.[1]?.replace(',', '');
