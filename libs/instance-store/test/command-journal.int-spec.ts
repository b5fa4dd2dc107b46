import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  HealthIndicatorRegistry,
  loadSection,
  MetricsRegistry,
  ProcessSettings,
  SystemClock,
  timestampFromMs,
  UlidGenerator,
} from '@app/platform';
import {
  IoRedisConnections,
  QuarantineHandlers,
  type QuarantineReporter,
  RedisSettings,
  type Sighting,
} from '@app/redis';
import { anInstance } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandJournal, JournalUnavailableError } from '../src/journal/command-journal.js';
import {
  encodeLine,
  type JournalCommand,
  type JournalEntry,
  type JournalOwner,
  parseJournal,
  targetOf,
  withoutSecrets,
} from '../src/journal/journal-entry.js';
import { ownerHere } from '../src/journal/journal-owner.js';
import { JournalReport } from '../src/journal/journal-report.js';
import type { NovitaInstanceId } from '../src/record/identity.js';
import type { InstanceRecord } from '../src/record/instance.js';
import { JournalQuarantine } from '../src/store-quarantine.js';

beforeAll(() => Logger.overrideLogger(false));

let folder: string;
const open: CommandJournal[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-journal-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((journal) => journal.onApplicationShutdown()));
  await rm(folder, { recursive: true, force: true });
});

function journal(
  dataDir = folder,
  prefix = 'novita-fleet',
  unreadable: Pick<QuarantineReporter, 'report'> | null = null,
): CommandJournal {
  const clock = new SystemClock();
  const made = new CommandJournal(
    clock,
    new UlidGenerator(),
    loadSection(ProcessSettings, { DATA_DIR: dataDir }),
    loadSection(RedisSettings, { REDIS_KEY_PREFIX: prefix }),
    unreadable,
  );
  open.push(made);
  return made;
}

const at = (seconds: number) => timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);

function stop(record: InstanceRecord = anInstance(), seconds = 0): JournalCommand {
  return { kind: 'stop', at: at(seconds), by: 'user:ops', target: targetOf(record), record: withoutSecrets(record) };
}

function use(record: InstanceRecord, seconds: number): JournalCommand {
  return { kind: 'last-used', at: at(seconds), usedAt: at(seconds), by: 'user:ops', target: targetOf(record) };
}

const files = async (): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, name));

/** As a process that has ended without a word leaves it. */
async function leave(owner: JournalOwner | null, commands: readonly JournalCommand[], tail = ''): Promise<string> {
  const path = join(folder, `journal.novita-fleet.${new UlidGenerator().ulid()}.jsonl`);
  const lines = commands.map((command, i) => encodeLine({ line: 'entry', entry: { ...command, id: `left-${i}` } }));
  const head = owner === null ? '' : encodeLine({ line: 'owner', owner });
  await writeFile(path, head + lines.join('') + tail);
  return path;
}

/** Where a line is kept that cannot be read. */
function setAsidePath(line: string): string {
  const digest = createHash('sha256').update(line).digest('hex').slice(0, 16);
  return join(folder, `journal.novita-fleet.${digest}.unread`);
}

async function deadOwner(): Promise<JournalOwner> {
  const child = spawn(process.execPath, ['-e', '']);
  const pid = child.pid ?? 0;
  await once(child, 'exit');
  return { ...(await ownerHere()), pid };
}

describe('the report on a journal', () => {
  const checked = async (dataDir: string, env: Readonly<Record<string, string>> = {}) => {
    const settings = loadSection(RedisSettings, env);
    const health = new HealthIndicatorRegistry();
    const connections = new IoRedisConnections({ url: 'redis://127.0.0.1:1', processName: 'test' });
    const registry = new MetricsRegistry(null);
    const report = new JournalReport(journal(dataDir), new SystemClock(), registry, health, settings, connections);
    await report.onModuleInit();
    const [indicator] = health.all();
    return async () => indicator?.check({ signal: AbortSignal.timeout(5_000) });
  };

  it('says from the start on that DATA_DIR cannot be used, until it can', async () => {
    const blocked = join(folder, 'data');
    await writeFile(blocked, '');
    const details = await checked(blocked);
    expect(await details()).toEqual({
      entries: 0,
      degraded:
        'the journal in DATA_DIR cannot be written (EEXIST); stops, deletes, uses and leases would be refused while Redis is away',
    });
    await rm(blocked);
    expect(await details()).toEqual({ entries: 0 });
    expect(await readdir(blocked)).toEqual([]);
  });

  it('says nothing of it where nothing is kept there', async () => {
    const blocked = join(folder, 'data');
    await writeFile(blocked, '');
    expect(await (await checked(blocked, { REDIS_ENABLE_FALLBACK: 'false' }))()).toEqual({ entries: 0 });
  });
});

describe('a journal of commands', () => {
  it('has on disk what it has taken, when it says so, for nobody else to read', async () => {
    const one = journal();
    await Promise.all([one.append([stop(anInstance(), 2)]), one.append([stop(anInstance(), 1)])]);
    const [path = ''] = await files();
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(one.entries().map((entry) => entry.at)).toEqual([at(1), at(2)]);
    expect(one.oldestAt).toBe(at(1));
  });

  it('has no file while there is nothing in it', async () => {
    const one = journal();
    expect(await files()).toEqual([]);
    await one.append([stop(), stop()]);
    const [first, second] = one.entries().map(({ id }) => id);
    await one.remove([first ?? '']);
    expect(one.size).toBe(1);
    await one.remove([second ?? '']);
    expect(await files()).toEqual([]);
    await one.append([stop()]);
    expect(await files()).toHaveLength(1);
  });

  it('keeps the latest use of an instance only, and stays small however many come', async () => {
    const one = journal();
    const [busy, idle] = [anInstance(), anInstance()];
    for (let i = 0; i < 60; i++) await one.append(Array.from({ length: 100 }, (_, n) => use(busy, i * 100 + n)));
    await one.append([use(idle, 1), use(busy, 3)]);
    expect(one.entries().map((entry) => entry.kind === 'last-used' && entry.usedAt)).toEqual([at(1), at(5_999)]);
    const [path = ''] = await files();
    expect((await readFile(path, 'utf8')).split('\n').length).toBeLessThan(1_200);
  });

  it('has on disk what was observed of an instance, and keeps the latest repeat of a command only', async () => {
    const one = journal();
    const record = anInstance();
    await one.append([stop(record, 1)]);
    for (const seconds of [3, 2, 4]) await one.append([{ ...stop(record, seconds), isRepeat: true } as JournalCommand]);
    const [first, repeat] = one.entries();
    expect([first?.at, repeat?.at, one.size]).toEqual([at(1), at(4), 2]);
    const observed = { novitaInstanceId: 'n1' as NovitaInstanceId, lastStartedAt: at(0) };
    await Promise.all([one.observe(first?.id ?? '', observed), one.observe(repeat?.id ?? '', observed)]);
    await one.observe(first?.id ?? '', { ...observed, stoppedAt: at(5) });
    await one.observe('unknown', observed);
    const [path = ''] = await files();
    const { entries } = parseJournal(await readFile(path, 'utf8'));
    expect(entries.find(({ id }) => id === first?.id)).toMatchObject({
      observed: { lastStartedAt: at(0), stoppedAt: at(5) },
    });
    expect(entries.find(({ id }) => id === repeat?.id)).toMatchObject({ isRepeat: true, observed });
    await one.remove(one.entries().map(({ id }) => id));
    await one.observe(first?.id ?? '', observed);
    expect(await files()).toEqual([]);
  });

  it('refuses what it cannot write, and takes the next when it can again', async () => {
    await writeFile(join(folder, 'file'), '');
    const blocked = join(folder, 'file', 'data');
    const one = journal(blocked);
    await expect(one.append([stop()])).rejects.toThrow(JournalUnavailableError);
    expect(one.size).toBe(0);
    await rm(join(folder, 'file'));
    await mkdir(blocked, { recursive: true });
    await one.append([stop()]);
    expect(one.size).toBe(1);
  });

  it('refuses more than it can hold', async () => {
    const one = journal();
    const command = use(anInstance(), 1);
    await expect(one.append(Array.from({ length: 20_001 }, () => command))).rejects.toThrow(JournalUnavailableError);
  });
});

describe('a journal that another process has left', () => {
  it('is taken over from one that has ended, its torn end passed over', async () => {
    const commands = [stop(anInstance(), 1), stop(anInstance(), 2)];
    await leave(await deadOwner(), commands, encodeLine({ line: 'done', ids: ['left-1'] }).slice(0, 20));
    const setAside: Sighting[] = [];
    const one = journal(folder, 'novita-fleet', { report: (sighting) => setAside.push(sighting) });
    expect(await one.adopt()).toBe(2);
    expect(setAside).toMatchObject([{ kind: 'journal-line', reason: 'it was cut off or damaged' }]);
    expect(one.entries()).toEqual(
      JSON.parse(JSON.stringify(commands.map((entry, i) => ({ ...entry, id: `left-${i}` })))),
    );
    // It stands in the file of the new owner now.
    const [path = '', ...others] = await files();
    expect(others).toEqual([]);
    const other = journal();
    expect(await other.adopt()).toBe(0);
    expect(await readFile(path, 'utf8')).toContain('left-0');
  });

  it('has lines that cannot be read set aside in files, once, and those of a later release read by one that knows them', async () => {
    const setAside: Sighting[] = [];
    const one = journal(folder, 'novita-fleet', { report: (sighting) => setAside.push(sighting) });
    const entry = { ...stop(anInstance(), 3), id: 'later' };
    const understood = encodeLine({ line: 'entry', entry });
    const later = encodeLine({ line: 'entry', entry: { ...entry, kind: 'hibernate' } as unknown as JournalEntry });
    const tail = `${later}${understood.slice(0, 60)}\n`;
    for (let times = 0; times < 2; times++) {
      await leave(await deadOwner(), [stop(anInstance(), 1)], tail);
      expect(await one.adopt()).toBe(times === 0 ? 1 : 0);
    }
    const places = [...new Set(setAside.map(({ where }) => where))];
    expect([places.length, setAside.length]).toEqual([2, 4]);
    expect(setAside.map(({ reason }) => reason).slice(0, 2)).toEqual([
      'this release does not know its kind',
      'it was cut off or damaged',
    ]);
    const [place = '', torn = ''] = places;
    expect(`${await readFile(join(folder, place), 'utf8')}\n`).toBe(later);
    expect((await stat(join(folder, place))).mode & 0o077).toBe(0);
    const handler = new JournalQuarantine(one, new QuarantineHandlers());
    expect(await handler.retry(place)).toBe('unreadable');
    expect(await handler.retry('journal.novita-fleet.elsewhere.unread')).toHaveProperty('refused');
    expect(await handler.retry('../journal.novita-fleet.x.unread')).toHaveProperty('refused');
    // As the release that knows the kind finds it.
    await writeFile(join(folder, place), understood);
    expect(await handler.retry(place)).toBe('readable');
    expect(one.has('later')).toBe(true);
    expect(await journal().adopt()).toBe(0);
    expect(await handler.discard(torn)).toBeNull();
    expect((await readdir(folder)).filter((name) => name.endsWith('.unread'))).toEqual([]);
  });

  it('hands its commands on although a line of it cannot be set aside, and stays until it can', async () => {
    const torn = '{"crc":"0';
    const left = await leave(await deadOwner(), [stop(anInstance(), 1)], torn);
    const inTheWay = setAsidePath(torn);
    await mkdir(inTheWay);
    const one = journal();
    expect(await one.adopt()).toBe(1);
    const [ours = '', taken = '', ...others] = await files();
    expect([others, await readFile(ours, 'utf8'), await readFile(taken, 'utf8')]).toEqual([
      [],
      expect.stringContaining('left-0'),
      expect.stringContaining('left-0'),
    ]);
    expect([ours, taken]).not.toContain(left);
    await rm(inTheWay, { recursive: true });
    expect(await one.adopt()).toBe(0);
    expect(await files()).toHaveLength(1);
    expect(await readFile(inTheWay, 'utf8')).toBe(torn);
  });

  it('has a line set aside anew of which a crash has left a part, and leaves no part itself', async () => {
    const torn = '{"crc":"0';
    await leave(await deadOwner(), [], torn);
    await writeFile(setAsidePath(torn), torn.slice(0, 3));
    const part = join(folder, 'journal.novita-fleet.part-of-a-file.part');
    await writeFile(part, torn.slice(0, 3));
    const longAgo = Date.now() / 1_000 - 31;
    await utimes(part, longAgo, longAgo);
    await journal().adopt();
    expect(await readFile(setAsidePath(torn), 'utf8')).toBe(torn);
    expect(await readdir(folder)).toEqual([basename(setAsidePath(torn))]);
  });

  it('is left alone while its process runs, and where another fleet wrote it', async () => {
    const [mine, theirs, one] = [journal(), journal(folder, 'other-fleet'), journal()];
    await mine.append([stop()]);
    await theirs.append([stop()]);
    expect(await one.adopt()).toBe(0);
    await leave(await deadOwner(), [stop()]);
    expect(await theirs.adopt()).toBe(0);
    expect(await one.adopt()).toBe(1);
  });

  it.each([
    ['of another host', { namespace: 'elsewhere', pid: 1, started: '1' }],
    ['whose first line is damaged', null],
  ])('%s is taken over once it shows no life', async (_, owner) => {
    const path = await leave(owner, [stop()]);
    const one = journal();
    expect(await one.adopt()).toBe(0);
    const longAgo = Date.now() / 1_000 - 31;
    await utimes(path, longAgo, longAgo);
    expect(await one.adopt()).toBe(1);
  });

  it('is taken over by one of two that start together, or by both, and nothing is lost', async () => {
    await leave(await deadOwner(), [stop(), stop(), stop()]);
    const [one, two] = [journal(), journal()];
    await Promise.all([one.adopt(), two.adopt()]);
    const ids = new Set([...one.entries(), ...two.entries()].map(({ id }) => id));
    expect([...ids].sort()).toEqual(['left-0', 'left-1', 'left-2']);
  });

  it('is begun anew by an owner that finds it gone', async () => {
    const one = journal();
    await one.append([stop(anInstance(), 1)]);
    const [path = ''] = await files();
    await rm(path);
    await one.append([stop(anInstance(), 2)]);
    const [anew = ''] = await files();
    expect(anew).not.toBe(path);
    expect((await readFile(anew, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
  });
});
