import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { SimProcess } from '../processes/process.js';
import type { Scheduler } from '../runtime/scheduler.js';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const NAMESPACE = '/proc/self/ns/pid';
const STAT = /^\/proc\/(\d+)\/stat$/;

interface File {
  readonly ino: number;
  bytes: Buffer;
  changedAtMs: number;
}

/** @param torn what is left of it when its process dies in the middle */
type Carry = <Answer>(label: string, work: () => Answer, torn?: () => void) => Promise<Answer>;

/** The files of the host on which the processes of one run live: they outlast every process. Each call is an event. */
export class Disk {
  private readonly files = new Map<string, File>();
  private lastIno = 0;

  /**
   * @param carry carries a call of the process that runs now out, later
   * @param isRunning whether there is such a process
   */
  constructor(
    private readonly now: () => number,
    private readonly carry: Carry,
    private readonly isRunning: (pid: number) => boolean,
  ) {}

  readonly operations = {
    mkdir: (): Promise<void> => this.carry('disk mkdir', () => undefined),
    readdir: (folder: string): Promise<string[]> =>
      this.carry('disk readdir', () =>
        [...this.files.keys()]
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1)),
      ),
    readFile: (path: string): Promise<string> => this.carry(`disk readFile`, () => this.textOf(path)),
    readlink: (path: string): Promise<string> =>
      this.carry('disk readlink', () => {
        if (path === NAMESPACE) return 'pid:[1]';
        throw missing(path);
      }),
    rename: (from: string, to: string): Promise<void> =>
      this.carry('disk rename', () => {
        this.files.set(to, this.fileAt(from));
        this.files.delete(from);
      }),
    rm: (path: string): Promise<void> => this.carry('disk rm', () => void this.files.delete(path)),
    stat: (path: string): Promise<{ ino: number; mtimeMs: number }> =>
      this.carry('disk stat', () => statOf(this.fileAt(path))),
    utimes: (path: string, _accessed: number, changedSeconds: number): Promise<void> =>
      this.carry('disk utimes', () => void (this.fileAt(path).changedAtMs = changedSeconds * 1_000)),
    open: (path: string, flags: string): Promise<Handle> =>
      this.carry('disk open', () => {
        if (flags === 'r') return new Handle({ ino: 0, bytes: Buffer.alloc(0), changedAtMs: 0 }, this.now, this.carry);
        if (this.files.has(path)) throw Object.assign(new Error(`EEXIST ${path}`), { code: 'EEXIST' });
        const file: File = { ino: ++this.lastIno, bytes: Buffer.alloc(0), changedAtMs: this.now() };
        this.files.set(path, file);
        return new Handle(file, this.now, this.carry);
      }),
  };

  /** What lies on it, by path. */
  texts(): readonly string[] {
    return [...this.files.values()].map(({ bytes }) => bytes.toString('utf8'));
  }

  private textOf(path: string): string {
    if (path === BOOT_ID) return 'boot\n';
    const [, pid] = STAT.exec(path) ?? [];
    if (pid === undefined) return this.fileAt(path).bytes.toString('utf8');
    if (!this.isRunning(Number(pid))) throw missing(path);
    // The twentieth field behind the name says when it began.
    return `${pid} (node) S ${Array.from({ length: 18 }, () => '0').join(' ')} ${pid}00`;
  }

  private fileAt(path: string): File {
    const file = this.files.get(path);
    if (file === undefined) throw missing(path);
    return file;
  }
}

/** As much of Node's FileHandle as is used. */
class Handle {
  constructor(
    private readonly file: File,
    private readonly now: () => number,
    private readonly carry: Carry,
  ) {}

  write(bytes: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    const content = Buffer.from(bytes.subarray(offset, offset + length));
    const put = (part: Buffer): void => {
      const { file } = this;
      const end = Math.max(file.bytes.length, position + part.length);
      file.bytes = Buffer.concat([file.bytes, Buffer.alloc(end - file.bytes.length)]);
      part.copy(file.bytes, position);
      file.changedAtMs = this.now();
    };
    return this.carry(
      'disk write',
      () => {
        put(content);
        return { bytesWritten: content.length };
      },
      // The process has died in the middle of it.
      () => put(content.subarray(0, content.length >> 1)),
    );
  }

  sync(): Promise<void> {
    return this.carry('disk sync', () => undefined);
  }

  truncate(length: number): Promise<void> {
    return this.carry('disk truncate', () => void (this.file.bytes = this.file.bytes.subarray(0, length)));
  }

  stat(): Promise<{ ino: number; mtimeMs: number }> {
    return this.carry('disk stat', () => statOf(this.file));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const statOf = ({ ino, changedAtMs }: File): { ino: number; mtimeMs: number } => ({ ino, mtimeMs: changedAtMs });

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
}

let present: { readonly disk: Disk; readonly scheduler: Scheduler } | null = null;

/** The disk of the run, for the whole thread; and the pid of the process whose code runs. */
export function beginRunWithDisk(disk: Disk, scheduler: Scheduler): void {
  present = { disk, scheduler };
}

/** Once and for good: what Node reads and writes is on the disk of the present run. */
export function makeDiskVirtual(): void {
  const names: readonly (keyof Disk['operations'])[] = [
    'mkdir',
    'readdir',
    'readFile',
    'readlink',
    'rename',
    'rm',
    'stat',
    'utimes',
    'open',
  ];
  for (const name of names) {
    const operation = (...args: unknown[]): unknown => {
      if (present === null) throw new Error(`fs.${name} outside of a run`);
      return Reflect.apply(present.disk.operations[name], null, args);
    };
    Object.defineProperty(promises, name, { value: operation, writable: true, configurable: true });
  }
  syncBuiltinESMExports();
  const { pid } = process;
  Object.defineProperty(process, 'pid', { get: () => pidOf(present?.scheduler.owner) ?? pid, configurable: true });
}

function pidOf(owner: unknown): number | null {
  return typeof owner === 'object' && owner !== null && 'pid' in owner ? (owner as SimProcess).pid : null;
}
