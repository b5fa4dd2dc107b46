import { createClient, createConfig, type SyncSource, type SyncStatus } from '@novita-fleet/client';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandFailure, EXIT } from './failure.js';
import { Output } from './output.js';
import type { InSession, Session } from './session.js';
import { addSync, progressOf, showSync } from './sync-command.js';

const status = (members: Partial<SyncStatus>): SyncStatus => ({
  status: 'in_progress',
  totalResources: 4,
  syncedResources: 1,
  resourceStatus: [],
  ...members,
});

function shown(source: SyncSource, of: SyncStatus): string {
  let text = '';
  const out = new Output({ write: (piece) => (text += piece) }, false, false);
  showSync({ out } as Session, source, of);
  return text;
}

describe('the progress of a sync', () => {
  it('says how much of the current kind is read, of as many as are known, and how long it takes', () => {
    const pods = { name: 'Pod', status: 'in_progress', count: 400 } as const;
    const of = (members: object): string =>
      progressOf(status({ currentResource: 'Pod', resourceStatus: [{ ...pods, ...members }] }));
    expect(of({ remaining: 600 })).toBe('[#####...............] 1/4 Pod 400 of 1000');
    expect(of({ total: 500 })).toContain('Pod 400 of 500');
    // What a cluster does not say is left out.
    expect(of({})).toBe('[#####...............] 1/4 Pod 400');
    expect(progressOf(status({ step: 'cleanup', estimatedRemainingSeconds: 90 }))).toBe(
      '[#####...............] 1/4 cleanup, about 1 min',
    );
  });
});

describe('the status of a sync', () => {
  it('names its source, what is held or paused, and notes beside errors', () => {
    const text = shown(
      'kubernetes',
      status({
        status: 'completed',
        endTime: '2026-03-01T10:00:00.000Z',
        duration: 120,
        held: { since: '2026-03-01T09:00:00.000Z', reason: 'the list lacks 40 of 100 pods', wouldRemove: 40 },
        paused: { since: '2026-03-01T09:30:00.000Z', by: 'user:ci' },
        resourceStatus: [
          { name: 'Pod', status: 'completed', count: 60 },
          { name: 'Ingress', status: 'completed', count: 0, note: 'the cluster has none of this kind' },
        ],
      }),
    );
    expect(text).toContain('The mirror of the cluster: completed at 2026-03-01T10:00:00.000Z in 120 ms\n');
    expect(text).toContain('Held since 2026-03-01T09:00:00.000Z: the list lacks 40 of 100 pods\n');
    expect(text).toContain('Paused since 2026-03-01T09:30:00.000Z by user:ci\n');
    expect(text).toMatch(/Ingress +completed +0 +the cluster has none of this kind\n/);
  });

  it('names the other source, and how to see it', () => {
    const sources = [
      { source: 'novita', status: 'in_progress' },
      { source: 'kubernetes', status: 'failed' },
    ] as const;
    expect(shown('novita', status({ sources: [...sources] }))).toContain(
      'The mirror of the cluster: failed; sync --source kubernetes shows more\n',
    );
  });
});

/** What the command asks of the API, whose answers follow each other, each half a minute later; the last one stays. */
async function run(args: readonly string[], answers: readonly object[]): Promise<{ asked: string[]; text: string }> {
  const asked: string[] = [];
  let text = '';
  const left = [...answers];
  const client = createClient(
    createConfig({
      baseUrl: 'http://fleet',
      fetch: async (input) => {
        const request = input as Request;
        vi.setSystemTime(Date.now() + 30_000);
        asked.push(
          `${request.method} ${request.url.replace('http://fleet/api/v1/', '')} ${await request.text()}`.trim(),
        );
        return Response.json(left.length > 1 ? left.shift() : left[0]);
      },
    }),
  );
  const out = new Output({ write: (piece) => (text += piece) }, false, false);
  const session: Session = {
    client,
    profile: { url: 'http://fleet', key: null },
    out,
    signal: new AbortController().signal,
  };
  const inSession: InSession =
    (act) =>
    (...received) =>
      act(session, (received.at(-1) as Command).optsWithGlobals());
  const program = new Command().exitOverride();
  addSync(program, inSession);
  await program.parseAsync(['node', 'novita-fleet', 'sync', ...args]);
  return { asked, text };
}

describe('sync --source kubernetes', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => {
    vi.useRealTimers();
    process.exitCode = undefined;
  });
  const isOver = status({ status: 'completed', runId: 'before', syncedResources: 4 });
  const accepted = { success: true, message: 'It is asked for', data: {} };

  it('asks for a part of the cluster, and shows the run that begins after it until its end', async () => {
    const mine = { runId: 'mine', currentResource: 'Pod' } as const;
    const { asked, text } = await run(
      ['--source', 'kubernetes', '--run', '--watch', '--only', 'Pod, Node', '--namespaces', 'a', '--force'],
      [isOver, accepted, isOver, status(mine), status(mine), status({ ...isOver, runId: 'mine', duration: 7 })],
    );
    const look = 'GET sync/status?source=kubernetes';
    const order = 'POST sync/kubernetes {"kinds":["Pod","Node"],"namespaces":["a"],"force":true}';
    expect(asked).toEqual([look, order, look, look, look, look]);
    // The same line twice says nothing.
    expect(text).toBe(
      'waiting for the worker that follows the cluster\n[#####...............] 1/4 Pod\n' +
        'The mirror of the cluster: completed in 7 ms\n',
    );
  });

  it('does not wait without --watch, nor while the sync is paused', async () => {
    expect((await run(['--source', 'kubernetes', '--run'], [accepted])).text).toBe('It is asked for\n');
    const paused = { ...isOver, paused: { since: '2026-03-01T10:00:00.000Z' } };
    const { text } = await run(['--source', 'kubernetes', '--run', '--watch'], [paused, accepted]);
    expect(text).toBe('It is asked for\n');
  });

  it('gives up when no worker begins, and is a failure when the run is one', async () => {
    const waiting = run(['--source', 'kubernetes', '--run', '--watch'], [isOver, accepted, isOver]);
    await expect(waiting).rejects.toThrow('no worker has begun');
    await run(['--source', 'kubernetes', '--watch'], [status({ status: 'failed', error: 'no cluster' })]);
    expect(process.exitCode).toBe(EXIT.failed);
  });

  it('rejects options that would do nothing', async () => {
    for (const args of [['--only', 'Pod'], ['--force'], ['--run', '--namespaces', 'a']]) {
      await expect(run(args, [isOver])).rejects.toThrow(CommandFailure);
    }
  });

  it('reads a part of what Novita lists', async () => {
    const { asked, text } = await run(['--run', '--only', 'instances,products'], [{ message: 'done' }]);
    expect(asked).toEqual(['POST instances/sync?wait=true {"resources":["instances","products"]}']);
    expect(text).toBe('done\n');
  });
});
