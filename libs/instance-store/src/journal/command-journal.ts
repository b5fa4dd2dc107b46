import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Clock, IdGenerator, Settings, type Timestamp } from '@app/platform';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import {
  type EndingObservation,
  encodeLine,
  isEnding,
  type JournalCommand,
  type JournalEntry,
  type JournalLine,
  type JournalOwner,
  parseJournal,
} from './journal-entry.js';
import { isOwnerRunning, ownerHere } from './journal-owner.js';

/** Entries that are waited for at a time, of this process. */
const MAX_ENTRIES = 20_000;
/** How often the owner of a journal shows that it lives. */
const HEARTBEAT_MS = 5_000;
/** After so long without a heartbeat a journal of another host is another process's to take. */
const SILENT_MS = 30_000;
/** Lines that are kept although they are done. */
const MAX_DONE_LINES = 1_000;

/** Thrown when a command cannot be kept, such as on a full disk; it was not taken. */
export class JournalUnavailableError extends Error {
  override readonly name = 'JournalUnavailableError';
}

interface Batch {
  readonly entries: JournalEntry[];
  readonly written: Promise<void>;
}

interface JournalFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Up to where every line is whole. */
  length: number;
  lines: number;
}

type JournalListener = () => void;

/**
 * The commands that were taken while the store was away, in a file of this process in DATA_DIR: one line each, on disk
 * before `append` returns. Several processes may share the folder; each has a file of its own, and takes over those of
 * processes that have ended. An entry may be read by two processes then, so what is done about it must bear to be done
 * twice.
 */
@Injectable()
export class CommandJournal implements OnApplicationShutdown {
  private readonly logger = new Logger('Journal');
  private readonly live = new Map<string, JournalEntry>();
  /** The id of the entry that says all of its subject, by subject. */
  private readonly latest = new Map<string, string>();
  /** Entries whose observations are not on disk yet, and the write that brings them there. */
  private readonly unsaved = new Set<string>();
  private saving: Promise<void> | null = null;
  private readonly listeners = new Set<JournalListener>();
  private readonly prefix: string;
  private readonly folder: string;
  private file: JournalFile | null = null;
  private batch: Batch | null = null;
  private owner: JournalOwner | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private heartbeat: NodeJS.Timeout | null = null;
  private isUnwell = false;

  constructor(
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    settings: Settings,
  ) {
    this.folder = settings.DATA_DIR;
    this.prefix = `journal.${settings.REDIS_KEY_PREFIX}.`;
  }

  get size(): number {
    return this.live.size;
  }

  /** When the oldest entry was asked for; null when there is none. */
  get oldestAt(): Timestamp | null {
    let oldest: Timestamp | null = null;
    for (const { at } of this.live.values()) if (oldest === null || at < oldest) oldest = at;
    return oldest;
  }

  has(id: string): boolean {
    return this.live.has(id);
  }

  /** In the order in which they were asked for. */
  entries(): readonly JournalEntry[] {
    return [...this.live.values()].sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1));
  }

  /** @returns takes the listener away again. It is called when stops or deletes were added. */
  subscribe(listener: JournalListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * All of them are on disk when it returns; those of one turn of the event loop go there together.
   * @throws JournalUnavailableError
   */
  async append(commands: readonly JournalCommand[]): Promise<void> {
    if (commands.length === 0) return;
    if (this.live.size + commands.length > MAX_ENTRIES) {
      throw new JournalUnavailableError(`the journal holds ${MAX_ENTRIES} commands, which is as many as it takes`);
    }
    this.batch ??= this.newBatch();
    this.batch.entries.push(...commands.map((command) => ({ ...command, id: this.ids.ulid() })));
    await this.batch.written;
    if (commands.some(({ kind }) => kind === 'stop' || kind === 'delete'))
      for (const listener of this.listeners) listener();
  }

  /**
   * Keeps with a stop or delete what was observed of its instance; on disk when it returns. Nothing happens when the entry
   * is done already.
   * @throws when it cannot be written; until this process ends it is kept all the same
   */
  async observe(id: string, observed: EndingObservation): Promise<void> {
    const entry = this.live.get(id);
    if (entry === undefined || !isEnding(entry)) return;
    this.live.set(id, { ...entry, observed });
    this.unsaved.add(id);
    this.saving ??= this.alone(async () => {
      await nextTurn();
      this.saving = null;
      await this.save();
    });
    await this.saving;
  }

  /** Of entries that are done. Nothing happens to others. */
  async remove(ids: readonly string[]): Promise<void> {
    const gone = ids.filter((id) => this.live.delete(id));
    if (gone.length === 0) return;
    await this.alone(() => this.forget(gone));
  }

  /**
   * Takes over the journals of processes that have ended.
   * @returns how many entries came with them
   */
  async adopt(): Promise<number> {
    return this.alone(async () => {
      const before = this.live.size;
      for (const name of await this.names()) {
        const path = join(this.folder, name);
        if (path === this.file?.path) continue;
        try {
          await this.adoptFile(path);
        } catch (error) {
          this.logger.warn('a journal could not be taken over; it is tried again', { path, err: error });
        }
      }
      return this.live.size - before;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    await this.last;
    await this.file?.handle.close();
    this.file = null;
  }

  private newBatch(): Batch {
    const entries: JournalEntry[] = [];
    const written = this.alone(async () => {
      await nextTurn();
      this.batch = null;
      await this.write(entries);
    });
    // Each of those who wait gets the error.
    written.catch(() => undefined);
    return { entries, written };
  }

  private async write(entries: readonly JournalEntry[]): Promise<void> {
    try {
      this.file ??= await this.create([]);
      await this.add(
        this.file,
        entries.map((entry) => ({ line: 'entry', entry })),
        true,
      );
      for (const entry of entries) this.keep(entry);
      if (hasMostlyDone(this.file, this.live.size)) await this.rewrite();
      await this.holdOn();
      this.isUnwell = false;
    } catch (error) {
      if (!this.isUnwell) this.logger.error('the journal cannot be written', { folder: this.folder, err: error });
      this.isUnwell = true;
      for (const { id } of entries) this.live.delete(id);
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new JournalUnavailableError(`the journal in DATA_DIR cannot be written (${reason})`, { cause: error });
    }
  }

  /** Entries that are on disk already, with what was observed since: the later line of an entry counts. */
  private async save(): Promise<void> {
    const entries = [...this.unsaved].flatMap((id) => this.live.get(id) ?? []);
    this.unsaved.clear();
    if (this.file === null || entries.length === 0) return;
    await this.add(
      this.file,
      entries.map((entry) => ({ line: 'entry', entry })),
      true,
    );
    if (hasMostlyDone(this.file, this.live.size)) await this.rewrite();
    await this.holdOn();
  }

  /** Of the uses of one instance, and of the repeats of one command, the latest says all. */
  private keep(entry: JournalEntry): void {
    const subject = subjectOf(entry);
    if (subject !== null) {
      const other = this.live.get(this.latest.get(subject) ?? '');
      if (other !== undefined && saidAt(other) > saidAt(entry)) return;
      if (other !== undefined) this.live.delete(other.id);
      this.latest.set(subject, entry.id);
    }
    this.live.set(entry.id, entry);
  }

  private async forget(ids: readonly string[]): Promise<void> {
    const { file } = this;
    if (file === null) return;
    try {
      if (this.live.size === 0) {
        this.latest.clear();
        this.file = null;
        await file.handle.close();
        await rm(file.path, { force: true });
        return;
      }
      await this.add(file, [{ line: 'done', ids }], false);
      if (hasMostlyDone(file, this.live.size)) await this.rewrite();
    } catch (error) {
      // At worst an entry is carried out again after the next start, which changes nothing.
      this.logger.warn('what is done could not be marked in the journal', { path: file.path, err: error });
    }
  }

  /** Puts what is not done into a new file, and leaves the present one. */
  private async rewrite(): Promise<void> {
    const before = this.file;
    this.file = await this.create([...this.live.values()]);
    if (before === null) return;
    await before.handle.close();
    await rm(before.path, { force: true });
  }

  /** A process that stood still for long may find that another one has taken its file over. */
  private async holdOn(): Promise<void> {
    const { file } = this;
    if (file === null || this.live.size === 0) return;
    const [there, ours] = await Promise.all([stat(file.path).catch(() => null), file.handle.stat()]);
    if (there?.ino === ours.ino) return;
    this.logger.warn('another process has taken the journal over; a new one is begun', { path: file.path });
    this.file = null;
    await file.handle.close();
    this.file = await this.create([...this.live.values()]);
  }

  private async create(entries: readonly JournalEntry[]): Promise<JournalFile> {
    await mkdir(this.folder, { recursive: true });
    this.owner ??= await ownerHere();
    const path = join(this.folder, `${this.prefix}${this.ids.ulid()}.jsonl`);
    const handle = await open(path, 'wx', 0o600);
    try {
      const file = { path, handle, length: 0, lines: 0 };
      const lines = entries.map((entry): JournalLine => ({ line: 'entry', entry }));
      await this.add(file, [{ line: 'owner', owner: this.owner }, ...lines], true);
      await syncFolder(this.folder);
      this.heartbeat ??= setInterval(() => void this.beat(), HEARTBEAT_MS).unref();
      return file;
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  private async add(file: JournalFile, lines: readonly JournalLine[], durably: boolean): Promise<void> {
    const bytes = Buffer.from(lines.map(encodeLine).join(''));
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await file.handle.write(bytes, written, bytes.length - written, file.length + written);
        written += bytesWritten;
      }
      if (durably) await file.handle.sync();
    } catch (error) {
      // A refused command must not be found by the next start.
      await file.handle.truncate(file.length).catch(() => undefined);
      throw error;
    }
    file.length += bytes.length;
    file.lines += lines.length;
  }

  private async adoptFile(path: string): Promise<void> {
    if (!(await this.isLeft(path))) return;
    // The name is new, so that only one process takes it; should this one end here, the next finds it the same way.
    const taken = join(this.folder, `${this.prefix}${this.ids.ulid()}.jsonl`);
    try {
      await rename(path, taken);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    const { entries, damaged } = parseJournal(await readFile(taken, 'utf8'));
    if (damaged > 0) this.logger.warn('lines of a journal could not be read', { path: taken, damaged });
    for (const entry of entries) this.keep(entry);
    if (this.live.size > 0) await this.rewrite();
    await rm(taken, { force: true });
    if (entries.length > 0) this.logger.log('a journal was taken over', { entries: entries.length });
  }

  private async isLeft(path: string): Promise<boolean> {
    this.owner ??= await ownerHere();
    let text: string;
    let changedAt: number;
    try {
      [text, { mtimeMs: changedAt }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    const { owner } = parseJournal(text.slice(0, text.indexOf('\n') + 1));
    const isRunning = owner === null ? null : await isOwnerRunning(owner, this.owner);
    if (isRunning !== null) return !isRunning;
    return this.clock.now() - changedAt > SILENT_MS;
  }

  private async names(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.folder);
      return names.filter((name) => name.startsWith(this.prefix) && name.endsWith('.jsonl'));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  private async beat(): Promise<void> {
    await this.alone(async () => {
      try {
        const now = this.clock.now() / 1_000;
        if (this.file !== null) await utimes(this.file.path, now, now);
      } catch (error) {
        if (isMissing(error)) await this.holdOn();
      }
    }).catch(() => undefined);
  }

  /** One piece of work on the files at a time. */
  private alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const run = this.last.then(work);
    this.last = run.catch(() => undefined);
    return run;
  }
}

/** @returns null for an entry that says something of its own */
function subjectOf(entry: JournalEntry): string | null {
  const { kind, target } = entry;
  return kind === 'last-used' || (isEnding(entry) && entry.isRepeat) ? `${kind} ${target.instanceId}` : null;
}

const saidAt = (entry: JournalEntry): Timestamp => (entry.kind === 'last-used' ? entry.usedAt : entry.at);

const hasMostlyDone = ({ lines }: JournalFile, live: number): boolean => lines > MAX_DONE_LINES && lines > 4 * live;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** So that the name of a new file is on disk as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems have no such thing.
  } finally {
    await handle.close();
  }
}
