import { setImmediate as nextTurn } from 'node:timers/promises';
import { Clock, IdGenerator, ProcessSettings, type Timestamp } from '@app/platform';
import { QuarantineReporter, RedisSettings } from '@app/redis';
import { Inject, Injectable, Logger, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { type EndingObservation, isEnding, type JournalCommand, type JournalEntry } from './journal-entry.js';
import { type JournalFile, JournalFolder } from './journal-folder.js';

/** Entries that are waited for at a time, of this process. */
const MAX_ENTRIES = 20_000;
/** How often the owner of a journal shows that it lives. */
const HEARTBEAT_MS = 5_000;

/** Thrown when a command cannot be kept, such as on a full disk; it was not taken. */
export class JournalUnavailableError extends Error {
  override readonly name = 'JournalUnavailableError';
}

interface Batch {
  readonly entries: JournalEntry[];
  readonly written: Promise<void>;
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
  private readonly folder: JournalFolder;
  private file: JournalFile | null = null;
  private batch: Batch | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private heartbeat: NodeJS.Timeout | null = null;
  private isUnwell = false;

  constructor(
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    { DATA_DIR }: ProcessSettings,
    { REDIS_KEY_PREFIX }: RedisSettings,
    @Optional() @Inject(QuarantineReporter) unreadable: Pick<QuarantineReporter, 'report'> | null = null,
  ) {
    this.folder = new JournalFolder(DATA_DIR, `journal.${REDIS_KEY_PREFIX}.`, clock, ids, unreadable);
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
      for await (const taken of this.folder.takeAbandoned(this.file?.path)) {
        try {
          for (const entry of taken.entries) this.keep(entry);
          if (this.live.size > 0) await this.rewrite();
          await taken.remove();
          if (taken.entries.length > 0) this.logger.log('a journal was taken over', { entries: taken.entries.length });
        } catch (error) {
          this.logger.warn('a journal could not be taken over; it is tried again', { err: error });
        }
      }
      return this.live.size - before;
    });
  }

  /**
   * Takes lines over that were set aside, if they can be read by now.
   * @param name of their file, which is removed then
   * @returns whether they could be read; null when the file is none of this process's folder
   */
  async takeSetAside(name: string): Promise<boolean | null> {
    const taken = await this.alone(async () => {
      const lines = await this.folder.readSetAside(name);
      if (lines?.isReadable !== true) return lines;
      for (const entry of lines.entries) this.keep(entry);
      if (this.live.size > 0) await this.rewrite();
      await lines.remove();
      return lines;
    });
    if (taken?.isReadable === true) for (const listener of this.listeners) listener();
    return taken?.isReadable ?? null;
  }

  /** Removes lines that were set aside. @returns whether they were there */
  async dropSetAside(name: string): Promise<boolean> {
    return this.alone(async () => {
      const lines = await this.folder.readSetAside(name);
      await lines?.remove();
      return lines !== null;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    await this.last;
    await this.file?.close();
    this.file = null;
  }

  /** @throws JournalUnavailableError when no command could be kept now */
  async prove(): Promise<void> {
    try {
      await this.alone(() => this.folder.prove());
    } catch (error) {
      throw unwritable(error);
    }
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
      this.file ??= await this.create();
      await addEntries(this.file, entries);
      for (const entry of entries) this.keep(entry);
      if (this.file.hasMostlyDone(this.live.size)) await this.rewrite();
      await this.holdOn();
      this.isUnwell = false;
    } catch (error) {
      if (!this.isUnwell) this.logger.error('the journal cannot be written', { folder: this.folder.path, err: error });
      this.isUnwell = true;
      for (const { id } of entries) this.live.delete(id);
      throw unwritable(error);
    }
  }

  /** Entries that are on disk already, with what was observed since: the later line of an entry counts. */
  private async save(): Promise<void> {
    const entries = [...this.unsaved].flatMap((id) => this.live.get(id) ?? []);
    this.unsaved.clear();
    if (this.file === null || entries.length === 0) return;
    await addEntries(this.file, entries);
    if (this.file.hasMostlyDone(this.live.size)) await this.rewrite();
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
        await file.remove();
        return;
      }
      await file.add([{ line: 'done', ids }], { durably: false });
      if (file.hasMostlyDone(this.live.size)) await this.rewrite();
    } catch (error) {
      // At worst an entry is carried out again after the next start, which changes nothing.
      this.logger.warn('what is done could not be marked in the journal', { path: file.path, err: error });
    }
  }

  /** Puts what is not done into a new file, and leaves the present one. */
  private async rewrite(): Promise<void> {
    const before = this.file;
    this.file = await this.create();
    await before?.remove();
  }

  /** A process that stood still for long may find that another one has taken its file over. */
  private async holdOn(): Promise<void> {
    const { file } = this;
    if (file === null || this.live.size === 0) return;
    if (await file.isOurs()) return;
    this.logger.warn('another process has taken the journal over; a new one is begun', { path: file.path });
    this.file = null;
    await file.close();
    this.file = await this.create();
  }

  /** With all that is not done. */
  private async create(): Promise<JournalFile> {
    const file = await this.folder.create([...this.live.values()]);
    this.heartbeat ??= setInterval(() => void this.beat(), HEARTBEAT_MS).unref();
    return file;
  }

  private async beat(): Promise<void> {
    await this.alone(async () => {
      if (this.file !== null && !(await this.file.beat(this.clock.now()))) await this.holdOn();
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

/** Of an entry that is there already the later line counts. */
async function addEntries(file: JournalFile, entries: readonly JournalEntry[]): Promise<void> {
  await file.add(
    entries.map((entry) => ({ line: 'entry', entry })),
    { durably: true },
  );
}

function unwritable(error: unknown): JournalUnavailableError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new JournalUnavailableError(`the journal in DATA_DIR cannot be written (${reason})`, { cause: error });
}
