import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, IdGenerator } from '@app/platform';
import type { QuarantineReporter } from '@app/redis';
import { Logger } from '@nestjs/common';
import {
  encodeLine,
  type JournalEntry,
  type JournalLine,
  type JournalOwner,
  parseJournal,
  type UnreadableLine,
} from './journal-entry.js';
import { isOwnerRunning, ownerHere } from './journal-owner.js';

/** After so long without a heartbeat a journal of another host is another process's to take. */
const SILENT_MS = 30_000;
/** Lines that are kept although they are done. */
const MAX_DONE_LINES = 1_000;
const ENDING = '.jsonl';
/** Of lines that were set aside, by a hash of what they are, so that the same line has the same file whoever finds it. */
const SET_ASIDE = '.unread';
/** Of a file that is being written, and gets its name after that. */
const UNNAMED = '.part';
/** Lines of one journal that get a file each; those beyond share one. */
const MOST_SET_ASIDE = 50;

/** The folder in which the processes of a fleet keep their journals, each in a file of its own. */
export class JournalFolder {
  private readonly logger = new Logger('Journal');
  private owner: JournalOwner | null = null;

  /** @param prefix of the names of this fleet's journals */
  constructor(
    readonly path: string,
    private readonly prefix: string,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    private readonly unreadable: Pick<QuarantineReporter, 'report'> | null = null,
  ) {}

  /** A new journal of this process, on disk with these entries when it returns. @throws when it cannot be written */
  async create(entries: readonly JournalEntry[]): Promise<JournalFile> {
    await mkdir(this.path, { recursive: true });
    this.owner ??= await ownerHere();
    const path = this.newPath();
    const file = new JournalFile(path, await open(path, 'wx', 0o600));
    try {
      const lines = entries.map((entry): JournalLine => ({ line: 'entry', entry }));
      await file.add([{ line: 'owner', owner: this.owner }, ...lines], { durably: true });
      await syncFolder(this.path);
      return file;
    } catch (error) {
      await file.remove();
      throw error;
    }
  }

  /** @throws when no file can be written there, for the reason that the first command would be refused for */
  async prove(): Promise<void> {
    const file = await this.create([]);
    await file.remove();
  }

  /**
   * The journals of processes that have ended, each to be removed once its entries are kept elsewhere. One that cannot be
   * taken is left for the next time.
   *
   * @param own the path of this process's own journal, if it has one
   */
  async *takeAbandoned(own: string | undefined): AsyncGenerator<TakenJournal> {
    await this.removeParts();
    for (const name of await this.names(ENDING)) {
      const path = join(this.path, name);
      if (path === own) continue;
      try {
        const taken = await this.take(path);
        if (taken !== null) yield taken;
      } catch (error) {
        this.logger.warn('a journal could not be taken over; it is tried again', { path, err: error });
      }
    }
  }

  private async take(path: string): Promise<TakenJournal | null> {
    if (!(await this.isAbandoned(path))) return null;
    // The name is new, so that only one process takes it; should this one end here, the next finds it the same way.
    const taken = this.newPath();
    try {
      await rename(path, taken);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    const { entries, unreadable } = parseJournal(await readFile(taken, 'utf8'));
    // Entries are handed on first: a full disk, on which nothing can be set aside, must not keep them back.
    const remove = async (): Promise<void> => {
      if (unreadable.length > 0) await this.setAside(taken, unreadable);
      await rm(taken, { force: true });
    };
    return { entries, remove };
  }

  /** Keeps lines that cannot be read in files beside the journals, for a release that can. @throws when it cannot */
  private async setAside(path: string, lines: readonly UnreadableLine[]): Promise<void> {
    this.logger.warn('lines of a journal could not be read; they are set aside', { path, lines: lines.length });
    const rest = lines.slice(MOST_SET_ASIDE);
    const files = lines.slice(0, MOST_SET_ASIDE).map(({ text, reason }) => ({ text, reason }));
    if (rest.length > 0) {
      const reason = `${rest.length} lines were cut off, damaged or of a later release`;
      files.push({ text: rest.map(({ text }) => text).join('\n'), reason });
    }
    for (const { text, reason } of files) {
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
      const name = `${this.prefix}${digest}${SET_ASIDE}`;
      await this.writeOnce(name, text);
      this.unreadable?.report({ kind: 'journal-line', where: name, reason, text });
    }
    await syncFolder(this.path);
  }

  /**
   * The name says what is in it. It is given to a file that is whole and on disk, so that a crash leaves no part of one
   * under it.
   */
  private async writeOnce(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    if (await isWhole(path, text)) return;
    const unnamed = join(this.path, `${this.prefix}${this.ids.ulid()}${UNNAMED}`);
    const file = new JournalFile(unnamed, await open(unnamed, 'wx', 0o600));
    try {
      await file.write(Buffer.from(text), true);
      await file.close();
      await rename(unnamed, path);
    } catch (error) {
      await file.remove();
      throw error;
    }
  }

  /** Lines that were set aside, read again; null when there is no such file here. */
  async readSetAside(name: string): Promise<SetAsideLines | null> {
    // The name comes from a list that others can write to.
    const isOurs = name.startsWith(this.prefix) && name.endsWith(SET_ASIDE) && /^[\w.-]+$/.test(name);
    if (!isOurs) return null;
    const path = join(this.path, name);
    try {
      const { entries, unreadable } = parseJournal(await readFile(path, 'utf8'));
      return { entries, isReadable: unreadable.length === 0, remove: () => rm(path, { force: true }) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  private async isAbandoned(path: string): Promise<boolean> {
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

  /** Of files that a crash has left without their name. The journals that they are of are there still. */
  private async removeParts(): Promise<void> {
    for (const name of await this.names(UNNAMED)) {
      const path = join(this.path, name);
      const found = await stat(path).catch(() => null);
      if (found !== null && this.clock.now() - found.mtimeMs > SILENT_MS) await rm(path, { force: true });
    }
  }

  private async names(ending: string): Promise<readonly string[]> {
    try {
      const names = await readdir(this.path);
      return names.filter((name) => name.startsWith(this.prefix) && name.endsWith(ending));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  private newPath(): string {
    return join(this.path, `${this.prefix}${this.ids.ulid()}${ENDING}`);
  }
}

/** The journal of a process that has ended. */
export interface TakenJournal {
  readonly entries: readonly JournalEntry[];
  /** Sets aside first what cannot be read. @throws when it cannot; the journal stays then, for the next time */
  readonly remove: () => Promise<void>;
}

export interface SetAsideLines extends TakenJournal {
  /** Whether this release understands all of them. */
  readonly isReadable: boolean;
}

/** The journal of this process: whole lines, each added at the end. */
export class JournalFile {
  /** Up to where every line is whole. */
  private length = 0;
  private lines = 0;

  constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws when they cannot be written; none of them is in the file then */
  async add(lines: readonly JournalLine[], { durably }: { readonly durably: boolean }): Promise<void> {
    await this.write(Buffer.from(lines.map(encodeLine).join('')), durably);
    this.lines += lines.length;
  }

  /** @throws when they cannot be written; none of them is in the file then */
  async write(bytes: Buffer, durably: boolean): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written, this.length + written);
        written += bytesWritten;
      }
      if (durably) await this.handle.sync();
    } catch (error) {
      // A refused command must not be found by the next start.
      await this.handle.truncate(this.length).catch(() => undefined);
      throw error;
    }
    this.length += bytes.length;
  }

  /** @param live how many of its entries are not done */
  hasMostlyDone(live: number): boolean {
    return this.lines > MAX_DONE_LINES && this.lines > 4 * live;
  }

  /** Whether it still stands under its name: another process may have taken it from one that stood still for long. */
  async isOurs(): Promise<boolean> {
    const [there, ours] = await Promise.all([stat(this.path).catch(() => null), this.handle.stat()]);
    return there?.ino === ours.ino;
  }

  /** Shows that its process lives. @returns whether it is there @throws for any other reason */
  async beat(epochMs: number): Promise<boolean> {
    try {
      await utimes(this.path, epochMs / 1_000, epochMs / 1_000);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async remove(): Promise<void> {
    await this.handle.close();
    await rm(this.path, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** A restore, or an earlier release that crashed, may have left a part. */
async function isWhole(path: string, text: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')) === text;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
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
