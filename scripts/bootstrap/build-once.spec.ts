import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { buildOnce } from './build-once.mjs';

const TIMES = { waitMs: 2, heartbeatMs: 1_000_000, deadMs: 120_000, longestWaitMs: 1_000_000 };
const LONG_AGO = new Date(Date.now() - 2 * TIMES.deadMs);

describe('what is built once for the machine', () => {
  let cache: string;
  /** The working folders that were built in. */
  let works: string[];
  let written: MockInstance<typeof process.stderr.write>;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'novita-fleet-build-'));
    works = [];
    written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(cache, { recursive: true });
  });

  const program = (): string => join(cache, 'tool-1', 'program');
  const found = (): string | null => (existsSync(program()) ? program() : null);
  const make = async (work: string): Promise<void> => {
    works.push(work);
    await mkdir(join(work, 'made'));
    await writeFile(join(work, 'made', 'program'), work);
  };
  const building = (build = make, times = TIMES): Promise<string> =>
    buildOnce({ cache, name: 'tool-1', found, mustBePossible: () => Promise.resolve(), build }, times);
  /** A build that goes on until it is let go, or fails. */
  const held = () => {
    const begun = Promise.withResolvers<string>();
    const end = Promise.withResolvers<void>();
    const build = async (work: string): Promise<void> => {
      begun.resolve(work);
      await end.promise;
      await make(work);
    };
    return { begun: begun.promise, end, build };
  };
  /** Of another process, which builds in this folder or has died there. */
  const otherWork = async (name: string, beat: Date): Promise<string> => {
    const work = join(cache, `tool-1.build-${name}`);
    await mkdir(work);
    await utimes(work, beat, beat);
    return work;
  };
  const waits = (): number => written.mock.calls.filter(([text]) => String(text).includes('waiting for it')).length;

  it('is built by the first that comes; the second waits, and finds it', async () => {
    const { begun, end, build } = held();
    const first = building(build);
    await begun;
    const second = building();
    await vi.waitFor(() => expect(waits()).toBe(1));
    end.resolve();
    expect(await Promise.all([first, second, building()])).toEqual([program(), program(), program()]);
    expect(works).toHaveLength(1);
    expect(await readdir(cache)).toEqual(['tool-1']);
  });

  it('has one result, and a whole one, however many begin at the same moment', async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => building()));
    expect(new Set(results)).toEqual(new Set([program()]));
    expect(await readdir(cache)).toEqual(['tool-1']);
  });

  it('is built by the one of two at the same moment whose folder comes first by its name', async () => {
    let first = '';
    // The other one appears when it was looked for already.
    const mustBePossible = async (): Promise<void> => void (first = await otherWork('!', new Date()));
    const built = buildOnce({ cache, name: 'tool-1', found, mustBePossible, build: make }, TIMES);
    await vi.waitFor(() => expect(waits()).toBe(1));
    expect(works).toEqual([]);
    await mkdir(join(cache, 'tool-1'));
    await writeFile(program(), 'of the other');
    await rm(first, { recursive: true });
    expect(await built).toBe(program());
    expect(works).toEqual([]);
  });

  it('waits for none that has died, and clears away what that left', async () => {
    const left = await otherWork('a', LONG_AGO);
    expect(await building()).toBe(program());
    expect([existsSync(left), waits()]).toEqual([false, 0]);
  });

  it('is built all the same after the longest wait, since another process may hang', async () => {
    const hanging = await otherWork('z', new Date());
    expect(await building(make, { ...TIMES, longestWaitMs: 6 })).toBe(program());
    expect([waits(), existsSync(hanging)]).toEqual([1, true]);
  });

  it('shows that it goes on for as long as it is built', async () => {
    const { begun, end, build } = held();
    const built = building(build, { ...TIMES, heartbeatMs: 5 });
    const work = await begun;
    await utimes(work, LONG_AGO, LONG_AGO);
    await vi.waitFor(async () => expect((await stat(work)).mtimeMs).toBeGreaterThan(LONG_AGO.getTime() + TIMES.deadMs));
    end.resolve();
    await built;
  });

  it('leaves nothing behind when it fails, so that the next one builds', async () => {
    const { begun, end, build } = held();
    const failing = building(build);
    await begun;
    const next = building();
    end.reject(new Error('the compiler says no'));
    await expect(failing).rejects.toThrow('the compiler says no');
    expect(await next).toBe(program());
    expect(await readdir(cache)).toEqual(['tool-1']);
  });

  it('replaces what is there and not whole, and nothing that is whole, since it may be running', async () => {
    await mkdir(join(cache, 'tool-1'));
    await writeFile(join(cache, 'tool-1', 'a part'), '');
    expect(await building()).toBe(program());
    expect(await readdir(join(cache, 'tool-1'))).toEqual(['program']);
    await rm(program());
    const { ino } = await stat(join(cache, 'tool-1'));
    await building(async (work) => {
      await make(work);
      // Another one has made it meanwhile.
      await writeFile(program(), 'of the other');
    });
    expect((await stat(join(cache, 'tool-1'))).ino).toBe(ino);
  });
});
