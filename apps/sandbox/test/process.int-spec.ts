import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const HOOKS = './apps/sandbox/test/typescript-hooks.mjs';

let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
});

function run(argv: readonly string[]): { output: () => string; ended: Promise<unknown> } {
  const flags = ['--experimental-transform-types', '--no-warnings', '--import', HOOKS];
  child = spawn(process.execPath, [...flags, 'apps/sandbox/src/main.ts', ...argv], { cwd: ROOT });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { output: () => text, ended: once(child, 'close') };
}

describe('the sandbox process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('prints its address once it answers, and ends on %s', async (signal) => {
    const { output, ended } = run(['--port', '0', '--instances', '3', '--speed', '50']);
    await expect.poll(output, { timeout: 15_000 }).toContain('\n');
    const line = /^novita sandbox listening on (http:\/\/127\.0\.0\.1:\d+) with 3 instances\n$/.exec(output());
    const url = `${line?.[1] ?? ''}/gpu-instance/openapi/v1/gpu/instances`;
    const response = await fetch(url, { headers: { authorization: 'Bearer any' } });
    expect(await response.json()).toMatchObject({ total: 3 });
    child?.kill(signal);
    expect(await ended).toEqual([0, null]);
  });

  it('stands in for a cluster too, and says where its kubeconfig is, which it takes away at its end', async () => {
    const { output, ended } = run(['--port', '0', '--instances', '0', '--kubernetes-port', '0', '--pods', '4']);
    const said = /^kubernetes sandbox listening on (http:\S+) with 4 pods; KUBECONFIG=(\S+)$/m;
    await expect.poll(output, { timeout: 60_000 }).toMatch(said);
    const [, url = '', kubeconfig = ''] = said.exec(output()) ?? [];
    expect(await readFile(kubeconfig, 'utf8')).toContain(`"server": "${url}"`);
    const pods = (await (await fetch(`${url}/api/v1/pods`)).json()) as { items: unknown[] };
    expect(pods.items).toHaveLength(4);
    child?.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect(readFile(kubeconfig)).rejects.toThrow('ENOENT');
  });

  it('says what is wrong with its arguments, and how to use it', async () => {
    const { output, ended } = run(['--instances', 'many']);
    expect(await ended).toEqual([2, null]);
    expect(output()).toMatch(/^--instances must be a whole number .*\nusage: sandbox /);
  });

  it('says when it cannot listen', async () => {
    const { output, ended } = run(['--host', '203.0.113.1']);
    expect(await ended).toEqual([1, null]);
    expect(output()).toContain('the sandbox cannot start: listen EADDRNOTAVAIL');
  });
});
