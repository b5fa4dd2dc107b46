import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '@app/sandbox';
import { freePort } from '@app/testing/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../support/api-client.js';
import { ROOT } from '../support/built-process.js';
import { OPERATOR_KEY, VIEWER_KEY } from '../support/fleet.js';
import type { HoldingProxy } from '../support/holding-proxy.js';
import { type ProgramOptions, RunningProgram, runProgram } from '../support/run-program.js';
import { SyncClient, type SyncStatus } from '../support/sync-client.js';
import { EXAMPLES, loadSyncExample, type SyncExample } from '../support/sync-examples.js';
import { SyncFollower } from '../support/sync-follower.js';
import { until } from '../support/until.js';

const PYTHON = process.env['PYTHON_BIN'] || 'python3';
/** Empty where Go is not to be had; `npm test` then says so. */
const GO = process.env['GO_BIN'] ?? '';

export interface ExamplesGround {
  readonly url: string;
  readonly sandbox: Sandbox;
  /** Before the templates. */
  readonly novita: HoldingProxy;
}

/**
 * What docs/sync-status.md shows is run as it stands.
 *
 * @param ground with `OPERATOR_KEY` and `VIEWER_KEY`, on which no sync comes by itself
 */
export function syncExamples(ground: () => ExamplesGround): void {
  describe('the client examples of the sync', () => {
    let sandbox: Sandbox;
    let url: string;
    let sync: SyncClient;
    let folder: string;
    let novita: HoldingProxy;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'novita-fleet-examples-'));
      ({ url, sandbox, novita } = ground());
      sync = new SyncClient(new ApiClient(url, OPERATOR_KEY));
      await sync.becomes('completed');
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });
    afterEach(async () => {
      // What a test that failed half-way has left.
      novita.release();
      sandbox.faults.clear();
      await sync.run();
    });

    /** The next sync fails at once: a key that is refused is not tried again. */
    async function letItFail(): Promise<void> {
      const reason = { status: 401, reason: 'UNAUTHORIZED', message: 'no such key' };
      sandbox.faults.add({ operation: 'listInstances', kind: 'error', ...reason });
      expect((await sync.answered()).status).toBe(502);
    }

    /** A sync that lasts until it is let end; resolves when the status says that it is under way. */
    async function letItLast(): Promise<{ readonly letEnd: () => void; readonly ended: Promise<unknown> }> {
      novita.hold();
      const ended = sync.answered();
      ended.catch(() => undefined);
      await until('the step that lasts', async () => {
        const { status, step } = await sync.status();
        return status === 'in_progress' && step === 'sync';
      });
      return { letEnd: () => novita.release(), ended };
    }

    describe('in JavaScript', () => {
      let example: SyncExample;

      beforeAll(async () => {
        example = await loadSyncExample();
      });

      it('wait for a sync, report its progress, and end with it', async () => {
        const { letEnd, ended } = await letItLast();
        const seen: SyncStatus[] = [];
        const onProgress = (status: SyncStatus): void => {
          if (seen.push(status) === 2) letEnd();
        };
        const last = await example.waitForSync(url, { everyMs: 20, onProgress });
        expect(last.status).toBe('completed');
        expect(seen.length).toBeGreaterThan(2);
        expect(new Set(seen.map(({ status }) => status))).toEqual(new Set(['in_progress', 'completed']));
        await ended;

        await letItFail();
        await expect(example.waitForSync(url)).rejects.toThrow('the sync failed: instances');
      });

      it('end a wait at its time limit', async () => {
        const { letEnd, ended } = await letItLast();
        const signal = AbortSignal.timeout(200);
        await expect(example.waitForSync(url, { signal })).rejects.toThrow(/timeout/i);
        letEnd();
        await ended;
      });

      it('read the headers of any answer, in each of their forms', async () => {
        const read = async () => example.syncOfResponse(await fetch(`${url}/api/v1/instances`));
        const { endTime, duration } = await sync.status();
        expect(await read()).toMatchObject({ status: 'completed', endTime, durationMs: duration });
        const { letEnd, ended } = await letItLast();
        const progress = await read();
        expect(progress).toMatchObject({ status: 'in_progress', step: 'sync' });
        expect(progress.progress).toBeLessThan(1);
        letEnd();
        await ended;
        await letItFail();
        expect(await read()).toMatchObject({ status: 'failed', error: expect.stringContaining('instances') as string });
      });

      it('follow every step, go on after the last one that was seen, and do not insist when refused', async () => {
        const follower = await SyncFollower.start(example, url, VIEWER_KEY);
        expect(follower.names).toEqual(['sync.status']);
        await sync.answered();
        await follower.sees('the end', ({ event }) => event === 'sync.completed');
        await follower.stop();
        const { events } = follower;
        expect(follower.names.slice(0, 2)).toEqual(['sync.status', 'sync.started']);
        expect(events.every(({ event, data }) => data.type === event && data.status.totalResources === 9)).toBe(true);

        const again = await SyncFollower.start(example, url, VIEWER_KEY, events[2]?.id);
        await again.sees('the end', ({ event }) => event === 'sync.completed');
        await again.stop();
        expect(again.events).toEqual(events.slice(3));

        const refused = example.followSync(url, { key: 'not-a-key-of-anybody' });
        await expect(refused.next()).rejects.toThrow('401');
      });

      it('learn when events have been lost, and the present status', async () => {
        const follower = await SyncFollower.start(example, url, VIEWER_KEY, `${10 * Date.now()}-0`);
        await follower.sees('the status', ({ event }) => event === 'sync.status');
        await follower.stop();
        expect(follower.names).toEqual(['reset', 'sync.status']);
      });
    });

    describe('for the shell', () => {
      const script = (name: string, args: readonly string[], options: ProgramOptions = {}) =>
        runProgram(join(ROOT, 'scripts', name), args, options);
      const wait = (...args: string[]) => script('wait-for-sync.sh', [url, ...args]);

      it('curl.sh runs from end to end', async () => {
        const { code, stdout, stderr } = await runProgram('sh', [join(EXAMPLES, 'curl.sh')], {
          env: { URL: url, KEY: OPERATOR_KEY },
        });
        expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
        for (const text of ['X-Sync-Status: completed', '"dryRun":true', '"runs":', 'event: sync.status']) {
          expect(stdout.toLowerCase()).toContain(text.toLowerCase());
        }
      });

      it('wait-for-sync.sh waits for the end of a sync', async () => {
        const { letEnd, ended } = await letItLast();
        const onOutput = (output: string): void => void (output.includes('in progress') && letEnd());
        const { code, stdout } = await script('wait-for-sync.sh', [url, '--timeout', '120'], { onOutput });
        expect(code).toBe(0);
        expect(stdout).toMatch(
          /^sync: in progress, sync \d\/9 \S+\n(sync: .+\n)*sync: completed at \S+ after \d+ms\n$/,
        );
        await ended;
        expect((await script('wait-for-sync.sh', [], { env: { SYNC_URL: `${url}/` } })).code).toBe(0);
      });

      it('wait-for-sync.sh distinguishes failure, delay, silence and a wrong call by how it ends', async () => {
        const { letEnd, ended } = await letItLast();
        expect(await wait('--timeout', '1')).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('1 s') as string,
        });
        letEnd();
        await ended;
        await letItFail();
        const failed = await wait();
        expect(failed.code).toBe(1);
        expect(failed.stderr).toContain('instances');
        const nobody = `http://127.0.0.1:${await freePort()}`;
        expect((await script('wait-for-sync.sh', [nobody, '--connect-timeout', '1'])).code).toBe(3);
        expect((await script('wait-for-sync.sh', [sandbox.url, '--connect-timeout', '1'])).code).toBe(3);
        for (const args of [['--nonsense'], ['--timeout', 'soon'], ['--url']])
          expect((await wait(...args)).code).toBe(64);
      });

      it('test-sync-status.sh passes on this fleet in every state', async () => {
        const test = () => script('test-sync-status.sh', [url], { env: { PATH: pathWithNode(), KEY: OPERATOR_KEY } });
        const { code, stdout } = await test();
        expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
        expect(stdout.match(/^ok {3}[1-4]\./gm)).toHaveLength(5);

        const keyless = () => script('test-sync-status.sh', [url], { env: { PATH: pathWithNode() } });
        const { letEnd, ended } = await letItLast();
        expect(await keyless()).toMatchObject({ code: 0, stdout: expect.stringContaining('no KEY is set') as string });
        letEnd();
        await ended;
        await letItFail();
        expect((await keyless()).code).toBe(0);
      });

      it('test-sync-status.sh fails on a server that says nothing of it', async () => {
        const server = createServer((_request, response) => response.end('{"status":"ok"}'));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        const options = { env: { PATH: pathWithNode() } };
        const { code, stdout } = await script('test-sync-status.sh', [`http://127.0.0.1:${port}`], options);
        await new Promise((resolve) => server.close(resolve));
        expect(code).toBe(1);
        expect(stdout.match(/^FAIL [1-4]\./gm)).toHaveLength(4);
        const nobody = `http://127.0.0.1:${await freePort()}`;
        expect((await script('test-sync-status.sh', [nobody], options)).code).toBe(3);
      });
    });

    it('in Python read, wait and follow', async () => {
      const source = join(EXAMPLES, 'sync_status.py');
      const python = (...args: string[]) => runProgram(PYTHON, [source, url, ...args]);
      expect(JSON.parse((await python('status')).stdout)).toMatchObject({
        status: 'completed',
        syncedResources: 9,
      });
      await checkProgram(PYTHON, [source]);
      const { letEnd, ended } = await letItLast();
      expect((await python('wait', '--timeout', '0.5')).code).toBe(2);
      letEnd();
      await ended;
    });

    it.skipIf(GO === '')('in Go read, wait and follow', { timeout: 180_000 }, async () => {
      const source = join(EXAMPLES, 'sync_status.go');
      const program = join(folder, 'sync_status');
      // The person's own build cache: Go would otherwise compile its standard library for each run.
      const env = { GOPATH: join(folder, 'go'), CGO_ENABLED: '0', GOFLAGS: '' };
      const go = (...args: string[]) => runProgram(GO, args, { env, cwd: folder, timeoutMs: 150_000 });
      expect(await go('vet', source)).toMatchObject({ code: 0 });
      expect(await go('build', '-o', program, source)).toMatchObject({ code: 0 });
      expect((await runProgram(program, [url, 'status'])).stdout).toMatch(/^completed 9\/9/);
      await checkProgram(program, []);
    });

    /** Headers, a wait for each ending, and every step of a sync, by a program that takes URL and what to do. */
    async function checkProgram(command: string, args: readonly string[]): Promise<void> {
      const run = (what: string, options: ProgramOptions = {}) => runProgram(command, [...args, url, what], options);
      const { endTime, duration } = await sync.status();
      const headers = { status: 'completed', 'end-time': endTime, duration: `${duration}ms` };
      expect(JSON.parse((await run('headers')).stdout)).toEqual(headers);
      const { letEnd, ended } = await letItLast();
      const onOutput = (output: string): void => void (output.includes('in_progress') && letEnd());
      const waited = await run('wait', { onOutput });
      expect(waited).toMatchObject({ code: 0, stdout: expect.stringMatching(/^completed 9\/9/) as string });
      await ended;

      const following = new RunningProgram(command, [...args, url, 'follow'], { FLEET_API_KEY: VIEWER_KEY });
      try {
        await until('it has the status', async () => following.stdout.includes('sync.status'));
        await sync.answered();
        await until('it has the end', async () => following.stdout.includes('sync.completed'));
      } finally {
        await following.stop();
      }
      const names = following.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1]);
      expect(names.slice(0, 2)).toEqual(['sync.status', 'sync.started']);
      expect(names).toContain('sync.progress');

      await letItFail();
      expect(await run('wait')).toMatchObject({ code: 1, stderr: expect.stringContaining('instances') as string });
      sandbox.faults.clear();
    }
  });
}

/** The Node of this process first, as npm would have it. */
function pathWithNode(): string {
  return `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`;
}
